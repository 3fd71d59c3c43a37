// Elements are changed only where they differ; numbers are written as the viewer's locale has them.

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setAttribute(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

function build(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

// As many children as items; `make` adds one, `fill` writes an item into one.
function fillChildren(parent, items, make, fill) {
  while (parent.children.length > items.length) parent.lastChild.remove();
  items.forEach((item, index) => fill(parent.children[index] ?? parent.appendChild(make()), item));
}

const NUMBER_FORMAT = new Intl.NumberFormat(undefined, { numberingSystem: "latn" });
const DECIMAL_SIGN = NUMBER_FORMAT.formatToParts(1.5).find((part) => part.type === "decimal").value;

// The server writes 1200 and 13.5. Where grades are levels, a label such as 1.3 is no number.
function localized(text, hasDecimals) {
  return text.replace(/\d+(\.\d+)?/g, (number) => {
    const [whole, fraction] = number.split(".");
    if (fraction !== undefined && !hasDecimals) return number;
    const grouped = whole.length > 3 ? NUMBER_FORMAT.format(BigInt(whole)) : whole;
    return fraction === undefined ? grouped : `${grouped}${DECIMAL_SIGN}${fraction}`;
  });
}

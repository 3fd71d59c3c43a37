// Texts in the browser: compared and sorted as people mean them, and written only where they differ.

const collator = new Intl.Collator(undefined, { sensitivity: "base", numeric: true });

function folded(text) {
  return text.toLocaleLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function build(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

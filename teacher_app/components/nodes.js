// What the scripts of all components do with the page's nodes.

// Only where it differs: a text that is selected stays so.
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function build(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

// Enter belongs to the form or the table; in a text of several lines it breaks the line together with Alt or Ctrl.
function breakLine(event) {
  if (event.key !== "Enter" || !(event.altKey || event.ctrlKey) || event.target.localName !== "textarea") return false;
  event.preventDefault();
  const { target } = event;
  target.setRangeText("\n", target.selectionStart, target.selectionEnd, "end");
  target.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertLineBreak" }));
  return true;
}

// Not one that asks the browser for another tab or window, or to save.
function isPlainClick(event) {
  return event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
}

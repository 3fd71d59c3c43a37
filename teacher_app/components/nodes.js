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

// Not one that asks the browser for another tab or window, or to save.
function isPlainClick(event) {
  return event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
}

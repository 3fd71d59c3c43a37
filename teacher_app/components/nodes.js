// Texts are written only where they differ.

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function build(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

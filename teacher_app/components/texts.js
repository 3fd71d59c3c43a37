// Texts in the browser: searched as people mean them, and written only where they differ.

function folded(text) {
  return text.toLocaleLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

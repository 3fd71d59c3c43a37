// The search and the order of a list, remembered for the tab, so that whoever returns finds the same list; but not for
// another teacher at the same computer.

function kept(list, reader) {
  try {
    const found = JSON.parse(sessionStorage.getItem(list));
    return found?.reader === reader ? found.state : {};
  } catch {
    return {}; // storage is disabled, or contains something else
  }
}

function keep(list, reader, state) {
  try {
    sessionStorage.setItem(list, JSON.stringify({ reader, state }));
  } catch {
    // Without storage the list starts afresh each time.
  }
}

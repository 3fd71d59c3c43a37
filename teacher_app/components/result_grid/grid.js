// The grid: moving, typing, pasting. Each line that differs from what is stored has one entry in the outbox, which is
// sent once the typing pauses and held by the server until Save. One Grid for each exam and tab; it outlives its
// mounting, so that nothing typed is lost while another part of the page is shown.

const REST_MS = 800; // after the last key: faults are shown then, and the page does not run for each key
const RESEND_MS = 3000; // after what the server has shown without having read what was sent
const FIELDS = "input, textarea";
const grids = new Map(); // place in the session storage -> Grid

export default function (component) {
  const { parentElement, data, setStateValue } = component;
  let grid = grids.get(data.place);
  if (!grid) {
    grid = new Grid(data.place, parentElement.querySelector(".grid"));
    grids.set(data.place, grid);
  }
  grid.mount(parentElement, setStateValue);
  grid.configure(data);
  return () => grid.unmount(parentElement);
}

class Grid {
  constructor(place, section) {
    this.section = section;
    this.body = section.querySelector("tbody");
    this.find = section.querySelector("[name=find]");
    this.outbox = new Outbox(place);
    this.stored = new StoredRows();
    this.rows = []; // in the order of the table; the last one is blank
    this.badCells = {}; // key -> [attempt, cells]
    this.isUnsent = false;
    this.listen();
  }

  listen() {
    // Streamlit has single-letter shortcuts and cannot see that the focus is in one of these fields.
    for (const kind of ["keydown", "keypress", "keyup"]) this.section.addEventListener(kind, (event) => event.stopPropagation());
    this.body.addEventListener("input", (event) => {
      this.endUndo(); // what is typed now must not be undone with the paste
      this.change(event.target.closest("tr").row);
    });
    this.body.addEventListener("keydown", (event) => this.press(event));
    this.body.addEventListener("paste", (event) => this.paste(event));
    this.body.addEventListener("focusin", ({ target }) => {
      if (!target.matches(FIELDS)) return;
      target.select(); // typing replaces the content, as in any spreadsheet
      this.valueBefore = target.value;
    });
    this.body.addEventListener("mousedown", (event) => {
      const input = event.target;
      if (event.button !== 0 || !input.matches(FIELDS) || input === this.active) return;
      event.preventDefault(); // the first click selects as well; the second one places the cursor
      input.focus();
    });
    this.body.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.toggle(button.closest("tr").row);
    });
    this.section.addEventListener("focusout", (event) => {
      const next = event.relatedTarget;
      if (this.section.contains(next)) return;
      // Before the press of the button that took the focus. Not with a press that shows another part of the page:
      // Streamlit sends what comes together as one, and would run the grid alone.
      if (!next || next.closest("[class*=st-key-grid-]")) this.send();
      else this.updateEntries();
    });
    this.find.addEventListener("input", () => this.narrow());
    this.section.querySelector(".undo-paste").addEventListener("click", () => this.undoPaste?.());
    this.section.querySelector(".next-bad").addEventListener("click", () => this.showNextBad());
    window.addEventListener("beforeunload", (event) => {
      if (this.rows.some((row) => row.isEdited)) event.preventDefault();
    });
  }

  mount(parent, setStateValue) {
    const present = parent.querySelector(".grid");
    if (present !== this.section) present.replaceWith(this.section);
    if (this.parent !== parent) this.isUnsent ||= this.outbox.entries.size > 0; // the server has to have them again
    this.parent = parent;
    this.setStateValue = setStateValue;
  }

  unmount(parent) {
    if (parent !== this.parent) return;
    clearTimeout(this.rest);
    clearTimeout(this.resend);
    if (this.isUnsent) this.updateEntries(); // so that a reload keeps it too
    this.parent = null;
  }

  // What the server sends.

  configure(data) {
    const cursor = this.cursor();
    this.outbox.subject = data.subject;
    this.section.classList.toggle("has-codes", data.has_codes);
    this.badCells = data.bad_cells;
    this.headings = data.headings;
    setText(this.section.querySelector("th.comment small"), `(${data.comment_reader})`);
    this.applyReceipts(data.receipts);
    const update = this.stored.update(data.rows);
    if (update) this.applyUpdate(update);
    if (!this.hasBegun) this.restore();
    this.hasBegun = true;
    this.draw();
    if (cursor && !this.cursor()) this.moveTo(this.rows[Math.min(cursor.index, this.rows.length - 1)], cursor.name);
    if (!this.isUnsent) this.showNotes();
    if (!update) this.send(true);
    else if (this.isUnsent) this.sendAtRest();
    // A message is lost where the page runs for a part that is pressed at the same moment.
    clearTimeout(this.resend);
    if (this.outbox.entries.size && data.heard !== this.outbox.sentPulse) this.resend = setTimeout(() => this.send(true), RESEND_MS);
  }

  applyReceipts(receipts) {
    const rows = new Map(this.rows.filter((row) => row.entry).map((row) => [row.entry.key, row]));
    for (const [key, receipt] of Object.entries(receipts)) {
      const row = rows.get(key);
      if (row) this.applyReceipt(row, receipt);
    }
  }

  applyReceipt(row, receipt) {
    const { entry } = row;
    const isPresent = entry.attempt === receipt.attempt;
    if (receipt.kind !== "saved" && receipt.kind !== "deleted") {
      if (isPresent) entry.receipt = receipt;
      return;
    }
    this.outbox.remove(entry.key);
    row.entry = null;
    const isUntouched = isPresent && row.fits(entry);
    if (receipt.kind === "saved") {
      const stored = storedRow(receipt.row);
      this.stored.keep(stored);
      row.follow(stored);
      if (isUntouched) row.reset();
    } else if (isUntouched) this.rows = this.rows.filter((other) => other !== row);
    else row.detach();
    this.isUnsent ||= !isUntouched; // what was typed meanwhile becomes an entry of its own
  }

  // Lines keep their places, and with them the cursor in the middle of what is being typed; new ones are put among
  // them by name.
  applyUpdate({ changed, gone }) {
    const rows = new Map(this.rows.filter((row) => !row.isNew).map((row) => [row.stored.id, row]));
    const added = [];
    for (const stored of changed) {
      const row = rows.get(stored.id);
      if (row) row.follow(stored);
      else added.push(new Row(stored));
    }
    for (const id of gone) {
      const row = rows.get(id);
      if (row) row.isLost = true;
    }
    this.rows = this.rows.filter((row) => !row.isLost || row.isEdited);
    if (added.length) this.insert(added);
  }

  insert(added) {
    const compare = (a, b) => compareTexts(sortKey(a.before("person")), sortKey(b.before("person"))) || (a.stored.id < b.stored.id ? -1 : 1);
    added.sort(compare);
    const merged = [];
    for (const row of this.rows) {
      while (added.length && (row.isNew || compare(added[0], row) < 0)) merged.push(added.shift());
      merged.push(row);
    }
    this.rows = [...merged, ...added];
  }

  // Entries from before a reload.
  restore() {
    const rows = new Map(this.rows.map((row) => [row.stored.id, row]));
    for (const entry of this.outbox.entries.values()) {
      const row = rows.get(entry.id) ?? new Row(null);
      if (row.isNew === (entry.op === "create")) row.entry = entry;
      else this.outbox.remove(entry.key); // its row is gone: what was typed is a new line
      if (entry.op !== "delete") row.type(entry);
      else if (!row.isNew) row.remove(true);
      if (row.isNew && !row.isBlank) this.rows.push(row);
      this.isUnsent = true;
    }
  }

  // With a blank line for a new student at the end.
  draw() {
    const last = this.rows.at(-1);
    if (!last?.isNew || !last.isBlank) this.rows.push(new Row(null));
    const nodes = new Set(this.rows.map((row) => row.node));
    for (const node of [...this.body.children]) if (!nodes.has(node)) node.remove();
    let next = this.body.firstChild;
    for (const node of nodes) {
      if (node === next) next = next.nextSibling;
      else this.body.insertBefore(node, next);
    }
    this.rows.forEach((row, index) => row.setNumber(index + 1));
    this.narrow();
  }

  get active() {
    return this.section.getRootNode().activeElement;
  }

  cursor() {
    const row = this.body.contains(this.active) ? this.active.closest("tr").row : null;
    return row && { index: this.rows.indexOf(row), name: row.columnOf(this.active) ?? "person" };
  }

  showNotes() {
    for (const row of this.rows) {
      const [attempt, cells] = this.badCells[row.entry?.key] ?? [];
      row.note(attempt !== undefined && attempt === row.entry.attempt ? cells : []);
    }
    this.countBad();
  }

  // What the teacher does.

  change(row) {
    row.show();
    if (row === this.rows.at(-1) && !row.isBlank) this.addBlank();
    this.isUnsent = true;
    this.sendAtRest();
  }

  addBlank() {
    const row = new Row(null);
    this.rows.push(row);
    row.setNumber(this.rows.length);
    this.body.append(row.node);
  }

  toggle(row) {
    if (row.isNew) {
      const next = this.beside(row, 1);
      this.rows = this.rows.filter((other) => other !== row);
      if (row.entry) this.outbox.remove(row.entry.key);
      this.draw();
      this.moveTo(next, "person");
    } else row.remove(!row.isDeleted);
    this.isUnsent = true;
    this.send();
  }

  press(event) {
    const input = event.target;
    if (this.undoPaste && event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey) {
      event.preventDefault();
      this.undoPaste();
      return;
    }
    if (event.isComposing || breakLine(event) || event.altKey || event.ctrlKey || event.metaKey || !input.matches(FIELDS)) return;
    if (event.key.startsWith("Arrow") && isWithinText(event)) return;
    const { row } = input.closest("tr");
    const name = row.columnOf(input);
    const steps = { ArrowDown: 1, ArrowUp: -1, Enter: event.shiftKey ? -1 : 1 };
    if (event.key === "Escape") {
      input.value = this.valueBefore;
      this.change(row);
      input.select();
    } else if (event.key === "Enter" && row.isNew && !event.shiftKey && !row.isBlank) {
      // A new student: the name, then the grade, then the next name.
      if (name === "person") this.moveTo(row, "grade");
      else this.moveTo(this.beside(row, 1), "person");
    } else if (steps[event.key]) this.moveTo(this.beside(row, steps[event.key]), name);
    else return;
    event.preventDefault();
  }

  paste(event) {
    const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n$/, "");
    const { target } = event;
    let { row } = target.closest("tr");
    const lines = cellsOf(text);
    const isOneCell = lines.length === 1 && lines[0].length === 1;
    const isWithinText = target.localName === "textarea" && target.selectionEnd - target.selectionStart < target.value.length;
    if (isWithinText || (isOneCell && lines[0][0] === text.trim())) return; // left to the browser
    event.preventDefault();
    if (isOneCell) {
      target.setRangeText(lines[0][0], target.selectionStart, target.selectionEnd, "end");
      return this.change(row);
    }
    const first = COLUMNS.indexOf(row.columnOf(target));
    const heading = lines.length > 1 && this.isHeading(lines[0]) ? lines.shift().join(", ") : "";
    const before = new Map(); // row -> its cells, to undo the paste
    for (const line of lines) {
      before.set(row, row.cells);
      line.slice(0, COLUMNS.length - first).forEach((value, index) => {
        if (!row.isDeleted) row.field(COLUMNS[first + index]).value = value;
      });
      this.change(row);
      row = this.beside(row, 1) ?? row;
    }
    const what = `${lines.length} ${lines.length === 1 ? "line" : "lines"} pasted${heading ? `, without the heading “${heading}”` : ""}.`;
    this.offerUndo(what, before);
    this.send();
  }

  isHeading(cells) {
    const words = new Set(this.headings);
    return cells.filter(Boolean).length > 0 && cells.every((cell) => !cell || words.has(fold(cell)));
  }

  offerUndo(what, before) {
    this.undoPaste = () => {
      for (const [row, cells] of before) {
        row.type(cells);
        if (row.isNew && row.isBlank) this.rows = this.rows.filter((other) => other !== row);
        if (row.isNew && row.isBlank && row.entry) this.outbox.remove(row.entry.key);
      }
      this.draw();
      this.endUndo();
      this.isUnsent = true;
      this.send();
      setText(this.section.querySelector(".heard"), "Paste undone.");
    };
    setText(this.section.querySelector(".pasted-text"), what);
    this.section.querySelector(".pasted").hidden = false;
  }

  endUndo() {
    this.undoPaste = null;
    this.section.querySelector(".pasted").hidden = true;
  }

  // From one line that cannot be saved to the next.
  showNextBad() {
    const bad = this.rows.filter((row) => row.isBad);
    const shown = this.rows.indexOf(this.shownBad);
    const next = bad.find((row) => this.rows.indexOf(row) > shown) ?? bad[0];
    if (!next) return;
    this.shownBad = next;
    if (next.node.hidden) {
      this.find.value = "";
      this.narrow();
    }
    this.moveTo(next, next.badColumn ?? "person");
    next.node.scrollIntoView({ block: "center" });
  }

  countBad() {
    const count = this.rows.filter((row) => row.isBad).length;
    const button = this.section.querySelector(".next-bad");
    button.hidden = count === 0;
    setText(button, `${count} ${count === 1 ? "line" : "lines"} not saved: show the next one`);
  }

  // The next line in sight.
  beside(row, step) {
    let index = this.rows.indexOf(row) + step;
    while (this.rows[index]?.node.hidden) index += step;
    return this.rows[index];
  }

  moveTo(row, name) {
    row?.field(name).focus();
  }

  narrow() {
    const wanted = this.find.value.trim();
    let found = 0;
    for (const row of this.rows) {
      const fits = hasWords(`${row.field("person").value} ${row.field("number").value} ${row.code}`, wanted);
      row.node.hidden = !fits && !(row.isNew && row.isBlank);
      if (fits && !row.isBlank) found += 1;
    }
    setText(this.section.querySelector(".found"), wanted ? `${found} found` : "");
  }

  // To the server.

  sendAtRest() {
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.send(), REST_MS);
  }

  send(isForced = false) {
    clearTimeout(this.rest);
    if (!this.parent || !(this.isUnsent || isForced)) return;
    this.isUnsent = false;
    const count = this.rows.length;
    this.rows = this.rows.filter((row) => !row.isLost || row.isEdited);
    if (this.rows.length < count) this.draw();
    this.updateEntries();
    this.showNotes();
    this.setStateValue("outbox", this.outbox.message(this.stored.seen, [...this.outbox.entries.values()]));
  }

  updateEntries() {
    for (const row of this.rows) this.updateEntry(row);
  }

  // An entry keeps the version that the teacher saw when the first key was typed.
  updateEntry(row) {
    const { entry, wanted } = row;
    if (entry && entry.op !== wanted?.op) this.outbox.remove(entry.key);
    if (!wanted) row.entry = null;
    else if (entry?.op !== wanted.op) row.entry = this.outbox.add({ ...wanted, version: entry?.version ?? row.stored?.version });
    else if (!row.fits(entry)) this.outbox.again(entry, wanted);
    if (row.entry) row.entry.line_number = row.number;
  }
}

// An arrow moves within a text of several lines, and leaves it where there is no further line.
function isWithinText({ key, target }) {
  if (target.localName !== "textarea") return false;
  const rest = key === "ArrowUp" ? target.value.slice(0, target.selectionStart) : target.value.slice(target.selectionEnd);
  return rest.includes("\n");
}

// The cells of a block as spreadsheets copy it. One with line breaks, tabs or doubled quotes stands in quotes; other
// quotes are somebody's own.
function cellsOf(text) {
  const cell = /("(?:[^"]|"")*"(?=[\t\n]|$)|[^\t\n]*)([\t\n]|$)/y;
  const lines = [[]];
  let end;
  do {
    const [, found, after] = cell.exec(text);
    const inner = found.slice(1, -1);
    const isQuoted = found.length > 1 && found.startsWith('"') && found.endsWith('"') && /[\t\n]|""/.test(inner);
    lines.at(-1).push((isQuoted ? inner.replaceAll('""', '"') : found).trim());
    if (after === "\n") lines.push([]);
    end = after;
  } while (end);
  return lines;
}

// The grid: moving, typing, pasting; and telling the server what was typed once the typing rests.

const REST_MS = 800; // after the last key: what is to be mended is said then, and the page runs for nothing meanwhile
const NO_NOTE = ["", [], false];
const grids = new WeakMap();

export default function (component) {
  const { parentElement, data, setStateValue } = component;
  let grid = grids.get(parentElement);
  if (!grid) {
    grid = new Grid(parentElement.querySelector(".grid"));
    grids.set(parentElement, grid);
  }
  grid.tell = (edits) => setStateValue("edits", edits);
  grid.configure(data);
  return () => {
    grid.end();
    grids.delete(parentElement);
  };
}

class Grid {
  constructor(section) {
    this.section = section;
    this.body = section.querySelector("tbody");
    this.find = section.querySelector("[name=find]");
    this.rows = [];
    this.generation = null;
    this.sequence = 0;
    this.isUntold = false;
    this.listen();
  }

  listen() {
    // Streamlit has shortcuts of single letters and does not see that the cursor is in a field of ours.
    for (const kind of ["keydown", "keypress", "keyup"]) this.section.addEventListener(kind, (event) => event.stopPropagation());
    this.body.addEventListener("input", (event) => this.change(event.target.closest("tr").row));
    this.body.addEventListener("keydown", (event) => this.press(event));
    this.body.addEventListener("paste", (event) => this.paste(event));
    this.body.addEventListener("focusin", ({ target }) => {
      if (!target.matches("input")) return;
      target.select(); // what is typed replaces what was there, as in any table
      this.valueBefore = target.value;
    });
    this.body.addEventListener("mousedown", (event) => {
      const input = event.target;
      if (event.button !== 0 || !input.matches("input") || input === this.active) return;
      event.preventDefault(); // a first click selects, too; the second puts the cursor between the letters
      input.focus();
    });
    this.body.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.toggle(button.closest("tr").row);
    });
    this.section.addEventListener("focusout", (event) => {
      if (!this.section.contains(event.relatedTarget)) this.send(); // before the press for which the cursor has left
    });
    this.find.addEventListener("input", () => this.narrow());
    this.ask = (event) => {
      if (this.hasUnsaved || this.rows.some((row) => row.isEdited)) event.preventDefault();
    };
    window.addEventListener("beforeunload", this.ask);
  }

  end() {
    clearTimeout(this.rest);
    window.removeEventListener("beforeunload", this.ask);
  }

  // What the server says.

  configure(data) {
    this.hasUnsaved = data.hasUnsaved;
    this.section.classList.toggle("has-codes", data.hasCodes);
    if (this.generation === null) this.begin(data);
    else if (data.generation !== this.generation) this.rebuild(data);
    if (data.sequence === this.sequence && !this.isUntold) this.note(data.notes);
  }

  // Other lines, or the same ones stored. A line that stays keeps its place in the page, and with it the cursor in
  // the middle of what is being typed; and what the server had not heard of it when it told this.
  rebuild(data) {
    const cursor = this.cursor();
    const before = this.rows;
    const known = new Map(before.map((row) => [row.id, row]));
    this.generation = data.generation;
    this.rows = data.lines.map((line) => known.get(line[0])?.follow(line, data.sequence) ?? new Row(line));
    const kept = new Set(this.rows);
    const unheard = before.filter((row) => !kept.has(row) && row.isEdited && row.told > data.sequence);
    this.rows.push(...unheard.map((row) => (row.isNew ? row : new Row(null).type(row.values, this.sequence + 1))));
    this.isUntold = this.rows.some((row) => row.isEdited && row.told > data.sequence);
    this.rows.push(before.at(-1)); // the empty one
    this.draw();
    if (cursor && !this.cursor()) this.moveTo(this.rows[Math.min(cursor.index, this.rows.length - 1)], cursor.name);
    if (this.isUntold) this.tellAtRest();
  }

  // The server may know edits of these lines already: the page has mounted this anew.
  begin(data) {
    const { edited_rows: edited = {}, added_rows: added = [], deleted_rows: deleted = [], restored_rows: restored = [] } = data.edits;
    this.generation = data.generation;
    this.sequence = data.sequence;
    this.rows = data.lines.map((line) => new Row(line));
    for (const [position, cells] of Object.entries(edited)) this.rows[position].type(cells, data.sequence);
    for (const position of deleted) this.rows[position].remove(true, data.sequence);
    for (const position of restored) this.rows[position].remove(false, data.sequence);
    this.rows.push(...added.map((cells) => new Row(null).type(cells, data.sequence)));
    this.draw();
  }

  // With an empty line for a new student at the end.
  draw() {
    const last = this.rows.at(-1);
    if (!last?.isNew || !last.isBlank) this.addBlank();
    const nodes = new Set(this.rows.map((row) => row.node));
    for (const node of [...this.body.children]) if (!nodes.has(node)) node.remove();
    let next = this.body.firstChild;
    for (const node of nodes) {
      if (node === next) next = next.nextSibling;
      else this.body.insertBefore(node, next);
    }
    this.rows.forEach((row, index) => row.number(index + 1));
    this.narrow();
  }

  addBlank() {
    const row = new Row(null);
    this.rows.push(row);
    row.number(this.rows.length);
    this.body.append(row.node);
  }

  get active() {
    return this.section.getRootNode().activeElement;
  }

  cursor() {
    const row = this.body.contains(this.active) ? this.active.closest("tr").row : null;
    return row && { index: this.rows.indexOf(row), name: row.columnOf(this.active) ?? "person" };
  }

  note(notes) {
    this.rows
      .filter((row) => row.isShown)
      .forEach((row, position) => row.note(...(notes[position] ?? NO_NOTE)));
    this.rows.filter((row) => !row.isShown).forEach((row) => row.note(...NO_NOTE));
  }

  // What the teacher does.

  change(row) {
    row.touch(this.sequence + 1);
    if (row === this.rows.at(-1) && !row.isBlank) this.addBlank();
    this.isUntold = true;
    this.tellAtRest();
  }

  toggle(row) {
    if (row.isNew) {
      const next = this.beside(row, 1);
      this.rows = this.rows.filter((other) => other !== row);
      this.draw();
      this.moveTo(next, "person");
    } else row.remove(!row.isDeleted, this.sequence + 1);
    this.isUntold = true;
    this.send();
  }

  press(event) {
    const input = event.target;
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey || !input.matches("input")) return;
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
    if (!/[\t\n]/.test(text)) return; // one cell: the browser's own way
    event.preventDefault();
    let { row } = event.target.closest("tr");
    const first = COLUMNS.indexOf(row.columnOf(event.target));
    const lines = text.split("\n");
    for (const line of lines) {
      line.split("\t").slice(0, COLUMNS.length - first).forEach((value, index) => {
        if (!row.isDeleted) row.field(COLUMNS[first + index]).value = value.trim();
      });
      this.change(row);
      row = this.beside(row, 1) ?? row;
    }
    setText(this.section.querySelector(".heard"), `${lines.length} lines pasted.`);
    this.send();
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
    const wanted = folded(this.find.value.trim());
    let found = 0;
    for (const row of this.rows) {
      const fits = !wanted || folded(`${row.field("person").value} ${row.code}`).includes(wanted);
      row.node.hidden = !fits && !(row.isNew && row.isBlank);
      if (fits && !row.isBlank) found += 1;
    }
    setText(this.section.querySelector(".found"), wanted ? `${found} found` : "");
  }

  // To the server.

  tellAtRest() {
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.send(), REST_MS);
  }

  send() {
    clearTimeout(this.rest);
    if (!this.isUntold) return;
    this.isUntold = false;
    this.sequence += 1;
    const edits = { generation: this.generation, sequence: this.sequence, edited_rows: {}, added_rows: [], deleted_rows: [], restored_rows: [] };
    this.rows.forEach((row, position) => {
      if (row.isNew) {
        if (!row.isBlank) edits.added_rows.push(row.edits);
        return;
      }
      const typed = row.edits;
      if (Object.keys(typed).length) edits.edited_rows[position] = typed;
      if (row.isDeleted !== row.wasDeleted) edits[row.isDeleted ? "deleted_rows" : "restored_rows"].push(position);
    });
    this.tell(edits);
  }
}

// One line of the grid: what the server has, what is typed, and its place in the table.

const COLUMNS = ["person", "grade"];

class Row {
  // `line`: [id, is stored, person, grade, code, is deleted] as the server tells; null makes a new one.
  constructor(line) {
    const facts = line ?? [null, false, "", "", "", false];
    [this.id, , , , this.code] = facts;
    this.told = 0; // the number of the telling that has its last change
    this.node = this.build();
    this.follow(facts, 0);
  }

  // The server tells of this line, having heard the tellings up to this number.
  follow([, isStored, person, grade, , isDeleted], heard) {
    Object.assign(this, { isStored, before: { person, grade }, wasDeleted: isDeleted });
    if (this.told > heard) return this.touch(this.told); // what was typed meanwhile stays
    this.isDeleted = isDeleted;
    return this.type({ person, grade }, this.told);
  }

  get isNew() {
    return this.id === null;
  }

  get isBlank() {
    return COLUMNS.every((name) => this.field(name).value.trim() === "");
  }

  // Whether the server counts this line among those that it tells notes of.
  get isShown() {
    return this.isStored || !(this.isDeleted || this.isBlank);
  }

  get values() {
    return Object.fromEntries(COLUMNS.map((name) => [name, this.field(name).value]));
  }

  get edits() {
    return Object.fromEntries(Object.entries(this.values).filter(([name, value]) => value !== this.before[name]));
  }

  get isEdited() {
    if (this.isNew) return !this.isBlank;
    return this.isDeleted !== this.wasDeleted || Object.keys(this.edits).length > 0;
  }

  field(name) {
    return this.fields[name];
  }

  columnOf(input) {
    return COLUMNS.find((name) => this.fields[name] === input);
  }

  build() {
    const node = document.createElement("tr");
    node.setAttribute("role", "row");
    node.row = this;
    this.fields = { person: field(1000), grade: field(100) };
    if (this.isNew) this.fields.person.placeholder = "New student";
    this.button = document.createElement("button");
    this.button.type = "button";
    const cells = { number: [], person: [this.fields.person], code: [this.code], grade: [this.fields.grade], note: [], act: [this.button] };
    for (const [name, children] of Object.entries(cells)) {
      const cell = document.createElement("td");
      cell.setAttribute("role", "cell");
      cell.className = name;
      cell.append(...children);
      node.append(cell);
    }
    return node;
  }

  cell(name) {
    return this.node.querySelector(`.${name}`);
  }

  number(count) {
    if (count === this.count) return;
    this.count = count;
    setText(this.cell("number"), String(count));
    this.label();
  }

  label() {
    const person = this.fields.person.value.trim() || `line ${this.count}`;
    this.fields.person.setAttribute("aria-label", `Student, line ${this.count}`);
    this.fields.grade.setAttribute("aria-label", `Grade, ${person}`);
    this.button.setAttribute("aria-label", `${this.isDeleted ? "Put back" : "Delete"} ${person}`);
  }

  show() {
    this.node.classList.toggle("deleted", this.isDeleted);
    this.node.classList.toggle("edited", this.isEdited);
    for (const input of Object.values(this.fields)) input.readOnly = this.isDeleted;
    setText(this.button, this.isDeleted ? "Put back" : "Delete");
    this.button.hidden = this.isNew && this.isBlank;
  }

  note(text, columns, isFault) {
    setText(this.cell("note"), text);
    this.node.classList.toggle("bad", isFault);
    for (const name of COLUMNS) this.fields[name].setAttribute("aria-invalid", String(columns.includes(name)));
  }

  // What changes it; `told` numbers the telling that has it.

  type(cells, told) {
    for (const [name, value] of Object.entries(cells)) if (this.fields[name].value !== value) this.fields[name].value = value;
    return this.touch(told);
  }

  remove(isDeleted, told) {
    this.isDeleted = isDeleted;
    return this.touch(told);
  }

  touch(told) {
    this.told = told;
    this.label();
    this.show();
    return this;
  }
}

function field(lengthMax) {
  const input = document.createElement("input");
  Object.assign(input, { maxLength: lengthMax, autocomplete: "off", spellcheck: false });
  return input;
}

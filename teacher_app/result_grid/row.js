// One line of the grid: what the server has, what is typed, and its place in the table.

const COLUMNS = ["person", "grade"];

class Row {
  // `line`: [id, is stored, person, grade, code, is deleted] as the server tells; null makes a new one.
  constructor(line) {
    const [id, isStored, person, grade, code, isDeleted] = line ?? [null, false, "", "", "", false];
    Object.assign(this, { id, isStored, code, isDeleted, wasDeleted: isDeleted });
    this.before = { person, grade };
    this.told = 0; // the number of the telling that has its last change
    this.node = this.build(person, grade);
    this.label();
    this.show();
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

  get edits() {
    const changed = COLUMNS.filter((name) => this.field(name).value !== this.before[name]);
    return Object.fromEntries(changed.map((name) => [name, this.field(name).value]));
  }

  get isEdited() {
    if (this.isNew) return !this.isBlank;
    return this.isDeleted !== this.wasDeleted || Object.keys(this.edits).length > 0;
  }

  field(name) {
    return this.fields[name];
  }

  build(person, grade) {
    const node = document.createElement("tr");
    node.setAttribute("role", "row");
    node.row = this;
    this.fields = { person: field(person, 1000), grade: field(grade, 100) };
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
    setText(this.cell("number"), String(count));
    this.count = count;
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

  type(cells) {
    for (const [name, value] of Object.entries(cells)) this.fields[name].value = value;
  }

  takeOver(other, told) {
    this.type(Object.fromEntries(COLUMNS.map((name) => [name, other.field(name).value])));
    this.isDeleted = other.isDeleted;
    this.told = told;
    this.label();
    this.show();
  }
}

function field(value, lengthMax) {
  const input = document.createElement("input");
  Object.assign(input, { value, maxLength: lengthMax, autocomplete: "off", spellcheck: false });
  return input;
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

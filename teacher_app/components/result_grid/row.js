// One line of the grid: what is stored, what is typed, its entry in the outbox, and its place in the table.

const COLUMNS = ["person", "grade", "comment", "number"];
const IN_SIGHT = { person: "Student", grade: "Grade", comment: "Comment", number: "Number" };

class Row {
  constructor(stored) {
    this.stored = stored; // as storedRow() gives it; null in a new line
    this.code = stored?.code ?? ""; // kept by a line whose row was deleted
    this.entry = null; // of the outbox
    this.isDeleted = false; // as the teacher wants it
    this.isLost = false; // the stored row was deleted elsewhere
    this.build();
    this.show();
  }

  get isNew() {
    return this.stored === null;
  }

  get cells() {
    return Object.fromEntries(COLUMNS.map((name) => [name, this.fields[name].value]));
  }

  get isBlank() {
    return COLUMNS.every((name) => this.typed(name) === "");
  }

  get isEdited() {
    if (this.isNew) return !this.isBlank;
    return this.isDeleted || COLUMNS.some((name) => this.typed(name) !== this.before(name));
  }

  typed(name) {
    return this.fields[name].value.trim();
  }

  before(name) {
    return this.stored?.[name] ?? "";
  }

  field(name) {
    return this.fields[name];
  }

  columnOf(input) {
    return COLUMNS.find((name) => this.fields[name] === input);
  }

  // The command that would store the line as it is now; null if it is stored like that.
  get wanted() {
    if (!this.isEdited) return null;
    if (this.isDeleted) return { op: "delete", id: this.stored.id };
    const values = { ...Object.fromEntries(COLUMNS.map((name) => [name, this.typed(name)])), code: this.code };
    return this.isNew ? { op: "create", ...values } : { op: "change", id: this.stored.id, ...values };
  }

  // Whether nothing was typed since the entry was made.
  fits(entry) {
    if (entry.op === "delete") return this.isDeleted;
    return !this.isDeleted && COLUMNS.every((name) => this.typed(name) === entry[name]);
  }

  // The row as it is stored now. What was typed and is not saved stays.
  follow(stored) {
    const hasChanges = this.isEdited || this.entry;
    Object.assign(this, { stored, code: stored.code, isLost: false });
    setText(this.cell("code"), this.code);
    this.fields.person.placeholder = "";
    if (hasChanges) this.show();
    else this.reset();
  }

  // The stored row is gone; what was typed becomes a new line.
  detach() {
    Object.assign(this, { stored: null, isDeleted: false, isLost: false });
    this.show();
  }

  reset() {
    this.isDeleted = false;
    this.type(Object.fromEntries(COLUMNS.map((name) => [name, this.before(name)])));
  }

  type(cells) {
    for (const name of COLUMNS) if (name in cells && this.fields[name].value !== cells[name]) this.fields[name].value = cells[name];
    this.show();
  }

  remove(isDeleted) {
    this.isDeleted = isDeleted;
    this.show();
  }

  build() {
    this.node = build("tr", "");
    this.node.setAttribute("role", "row");
    this.node.row = this;
    this.fields = { person: inputField(1000), grade: inputField(100), comment: textField(4000), number: inputField(1000) };
    if (this.isNew) this.fields.person.placeholder = "New student";
    for (const name of ["comment", "number"]) this.fields[name].placeholder = IN_SIGHT[name]; // seen where there is no heading
    for (const name of COLUMNS) this.fields[name].value = this.before(name);
    this.button = build("button", "");
    this.button.type = "button";
    const cells = { number: [], person: [this.fields.person], code: [this.code], grade: [this.fields.grade], comment: [this.fields.comment], school: [this.fields.number], note: [], act: [this.button] };
    for (const [name, children] of Object.entries(cells)) {
      const cell = build("td", name, ...children);
      cell.setAttribute("role", "cell");
      this.node.append(cell);
    }
  }

  cell(name) {
    return this.node.querySelector(`.${name}`);
  }

  setNumber(number) {
    if (number === this.number) return;
    this.number = number;
    setText(this.cell("number"), String(number));
    this.label();
  }

  label() {
    const person = this.typed("person") || `line ${this.number}`;
    this.fields.person.setAttribute("aria-label", `Student, line ${this.number}`);
    for (const name of COLUMNS.slice(1)) this.fields[name].setAttribute("aria-label", `${IN_SIGHT[name]}, ${person}`);
    this.button.setAttribute("aria-label", `${this.isDeleted ? "Restore" : "Delete"} ${person}`);
  }

  show() {
    this.label();
    this.node.classList.toggle("deleted", this.isDeleted);
    this.node.classList.toggle("edited", this.isEdited);
    for (const input of Object.values(this.fields)) input.readOnly = this.isDeleted;
    setText(this.button, this.isDeleted ? "Restore" : "Delete");
    this.button.hidden = this.isNew && this.isBlank;
  }

  // `cells`: [[column, reason], ...] that cannot be saved as they are.
  note(cells) {
    const reason = cells.map(([, text]) => text).join(" ") || receiptNote(this.entry?.receipt);
    const plain = this.isDeleted ? "To be deleted." : this.isEdited ? "Not saved yet." : "";
    setText(this.cell("note"), reason || plain);
    this.isBad = reason !== "";
    this.badColumn = cells[0]?.[0] ?? this.entry?.receipt?.field;
    this.node.classList.toggle("bad", this.isBad);
    for (const name of COLUMNS) this.fields[name].setAttribute("aria-invalid", String(cells.some(([column]) => column === name)));
  }
}

// Why an entry is not saved; "" if it was not tried.
function receiptNote(receipt) {
  switch (receipt?.kind) {
    case "refused":
      return receipt.reason;
    case "duplicate":
      return `Already has ${storedRow(receipt.row).grade}: choose below.`;
    case "conflict":
      return `${receipt.row ? "Changed" : "Deleted"} elsewhere: choose below.`;
    case "not-saved":
      return `Not saved: ${receipt.reason}.`;
    default:
      return "";
  }
}

function textField(lengthMax) {
  return Object.assign(document.createElement("textarea"), { maxLength: lengthMax, rows: 1, dir: "auto" });
}

function inputField(lengthMax) {
  return Object.assign(document.createElement("input"), { maxLength: lengthMax, autocomplete: "off", spellcheck: false });
}

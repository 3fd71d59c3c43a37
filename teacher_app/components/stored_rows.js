// The rows that the server has stored, as far as this page has received them. `seen` goes with each outbox, so that
// the server sends no more than what has changed since.

class StoredRows {
  constructor() {
    this.rows = new Map(); // id -> { id, person, code, grade, version, number, comment }
    this.seen = null; // [epoch, revision]
  }

  // Returns the rows that are new or changed and the ids of those that are gone; null if the server relied on rows
  // that this page does not have: the next outbox then asks for all of them.
  update({ epoch, base, revision, rows, gone }) {
    if (base !== null && (this.seen?.[0] !== epoch || base > this.seen[1])) {
      this.seen = null;
      return null;
    }
    this.seen = [epoch, revision];
    const received = rows.map(storedRow);
    const present = new Set(received.map((row) => row.id));
    const away = base === null ? [...this.rows.keys()].filter((id) => !present.has(id)) : gone;
    for (const id of away) this.rows.delete(id);
    return { changed: received.filter((row) => this.keep(row)), gone: away };
  }

  // An older version never replaces a newer one.
  keep(row) {
    if (this.rows.get(row.id)?.version > row.version) return false;
    this.rows.set(row.id, row);
    return true;
  }
}

function storedRow([id, person, code, grade, version, number, comment]) {
  return { id, person, code, grade, version, number, comment };
}

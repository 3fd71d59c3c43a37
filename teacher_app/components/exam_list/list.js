// The list of exams, sent as a whole (500 exams are 100 KB); searching and sorting happen in the browser.

const DRAWN_AT_FIRST = 100; // a button shows more
const KEPT = "exam-list";
const HOUR_FORMAT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
const lists = new WeakMap();

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  let list = lists.get(parentElement);
  if (!list) {
    list = new List(parentElement.querySelector(".exams"), data.reader);
    lists.set(parentElement, list);
  }
  list.configure(data.exams, (id) => setTriggerValue("chosen", id));
  return () => lists.delete(parentElement);
}

class List {
  constructor(root, reader) {
    this.reader = reader;
    this.root = root;
    this.drawn = DRAWN_AT_FIRST;
    this.state = { search: "", status: "all", key: "date", direction: -1, ...kept(KEPT, reader) };
    const search = root.querySelector(".search");
    search.value = this.state.search;
    search.addEventListener("input", () => this.change({ search: search.value }));
    root.querySelector(".filters").addEventListener("click", (event) => {
      const status = event.target.dataset.status;
      if (status) this.change({ status });
    });
    root.querySelector("thead").addEventListener("click", (event) => {
      const key = event.target.dataset.sort;
      if (key) this.change({ key, direction: this.state.key === key ? -this.state.direction : key === "subject" ? 1 : -1 });
    });
    root.querySelector(".more").addEventListener("click", () => {
      const first = this.drawn;
      this.drawn += DRAWN_AT_FIRST;
      this.draw();
      root.querySelectorAll("tbody a")[first]?.focus();
    });
    root.querySelector("tbody").addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (!link || !isPlainClick(event)) return; // the browser opens it in another tab or window
      event.preventDefault();
      this.choose(link.dataset.id);
    });
  }

  configure(exams, choose) {
    this.exams = exams.map((exam) => ({ ...exam, placedBy: sortKey(exam.subject), searched: wordsOf(`${exam.subject} ${exam.teacher} ${exam.date} ${exam.dateText}`) }));
    this.choose = choose;
    this.draw();
  }

  change(changes) {
    Object.assign(this.state, changes);
    this.drawn = DRAWN_AT_FIRST;
    keep(KEPT, this.reader, this.state);
    this.draw();
  }

  matching() {
    const words = wordsOf(this.state.search).split(" ");
    const { key, direction, status } = this.state;
    const value = { date: (exam) => exam.date, status: (exam) => Number(!exam.isPublished), results: (exam) => exam.results }[key];
    const bySubject = (a, b) => compareTexts(a.placedBy, b.placedBy);
    const compare = value ? (a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0) : bySubject;
    return this.exams
      .filter((exam) => status === "all" || (status === "published") === exam.isPublished)
      .filter((exam) => words.every((word) => exam.searched.includes(word)))
      .sort((a, b) => direction * compare(a, b) || bySubject(a, b));
  }

  draw() {
    const part = (name) => this.root.querySelector(name);
    const found = this.matching();
    const drafts = this.exams.filter((exam) => !exam.isPublished).length;
    const counts = { all: this.exams.length, draft: drafts, published: this.exams.length - drafts };
    for (const button of this.root.querySelectorAll(".filters button")) {
      const status = button.dataset.status;
      button.setAttribute("aria-pressed", String(status === this.state.status));
      setText(button, `${{ all: "All", draft: "Drafts", published: "Published" }[status]} (${counts[status]})`);
    }
    for (const head of this.root.querySelectorAll("th")) {
      if (head.firstElementChild.dataset.sort === this.state.key) head.setAttribute("aria-sort", this.state.direction > 0 ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
    part("tbody").replaceChildren(...found.slice(0, this.drawn).map(row));
    const isNarrowed = found.length < this.exams.length;
    setText(part(".found"), isNarrowed ? `${found.length} of ${this.exams.length} exams` : "");
    part(".list").hidden = found.length === 0;
    part(".none").hidden = found.length > 0;
    setText(part(".none"), "No exam matches. Clear the search or the filter.");
    const left = found.length - this.drawn;
    part(".more").hidden = left <= 0;
    setText(part(".more"), `Show ${Math.min(left, DRAWN_AT_FIRST)} more`);
  }
}

function row(exam) {
  const link = document.createElement("a");
  link.href = new URL(`exam?exam=${exam.id}`, location.href);
  link.dataset.id = exam.id;
  link.textContent = exam.subject;
  const facts = document.createElement("small");
  const isAnnounced = exam.isPublished && Date.parse(exam.releaseAt) > Date.now();
  const hour = isAnnounced ? `results on ${HOUR_FORMAT.format(new Date(exam.releaseAt))}` : "";
  facts.textContent = [exam.teacher, exam.scale, exam.hasCodes ? "codes" : "", hour].filter(Boolean).join(" · ");
  const stamp = document.createElement("span");
  const status = isAnnounced ? "Announced" : exam.isPublished ? "Published" : "Draft";
  stamp.className = `stamp ${status.toLowerCase()}`;
  stamp.textContent = status;
  const line = document.createElement("tr");
  line.append(cell("subject", link, facts), cell("date", exam.dateText), cell("status", stamp), cell("count", exam.resultsText));
  return line;
}

function cell(name, ...children) {
  const node = document.createElement("td");
  node.className = name;
  node.append(...children);
  return node;
}

// All results of a teacher's exams, sent as a whole (200 exams with 30 results are 300 KB); the search happens in the
// browser, and what is typed while they are still being read is kept.

const DRAWN_AT_FIRST = 25; // people; a button shows more
const finders = new WeakMap();

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  let finder = finders.get(parentElement);
  if (!finder) {
    finder = new Finder(parentElement.querySelector(".finder"));
    finders.set(parentElement, finder);
  }
  finder.configure(data, (id) => setTriggerValue("chosen", id));
  return () => finders.delete(parentElement);
}

class Finder {
  constructor(root) {
    this.root = root;
    this.drawn = DRAWN_AT_FIRST;
    this.search = root.querySelector(".search");
    this.search.addEventListener("input", () => {
      this.drawn = DRAWN_AT_FIRST;
      this.draw();
    });
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === "ArrowDown") root.querySelector(".people a")?.focus();
    });
    root.querySelector(".more").addEventListener("click", () => {
      this.drawn += DRAWN_AT_FIRST;
      this.draw();
    });
    root.querySelector(".people").addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (!link || !isPlainClick(event)) return; // the browser opens it in another tab or window
      event.preventDefault();
      this.choose(link.dataset.id);
    });
    this.search.focus(); // the page is opened to type here
  }

  configure(data, choose) {
    this.data = data;
    this.choose = choose;
    const named = new Map(); // key of a name -> results
    for (const [person, code, number, place, grade] of data.results) {
      const key = nameKey(person) || code;
      if (!named.has(key)) named.set(key, []);
      named.get(key).push({ name: person || code, exam: data.exams[place], code, number, grade });
    }
    this.people = [...named.values()].flatMap(toldApart).sort((a, b) => compareTexts(a.placedBy, b.placedBy));
    this.draw();
  }

  matching() {
    const asked = wordsOf(this.search.value);
    if (!asked) return [];
    const words = asked.split(" ");
    const code = codePattern(this.search.value);
    const isCode = code && new RegExp(`^(?:${code})$`);
    return this.people.filter((person) => words.every((word) => person.searched.includes(word)) || (isCode && person.codes.some((one) => isCode.test(one))));
  }

  draw() {
    const part = (name) => this.root.querySelector(name);
    const found = this.matching();
    const asked = this.search.value.trim();
    setText(part(".found"), this.foundText(asked, found.length));
    part(".people").replaceChildren(...found.slice(0, this.drawn).map(personPart));
    const left = found.length - this.drawn;
    part(".more").hidden = left <= 0;
    setText(part(".more"), `Show ${Math.min(left, DRAWN_AT_FIRST)} more`);
  }

  foundText(asked, count) {
    if (!this.data.isComplete) return "Reading your exams …";
    if (!asked) return `${this.people.length} people in ${this.data.exams.length} ${this.data.exams.length === 1 ? "exam" : "exams"}`;
    return count ? `${count} found` : "No student has this name, number or code.";
  }
}

// The students of one name: one, unless different numbers tell several apart. What has no number then stands alone.
function toldApart(results) {
  const numbers = [...new Set(results.map((one) => one.number).filter(Boolean))];
  const groups = numbers.length > 1 ? [...numbers, ""].map((number) => results.filter((one) => one.number === number)) : [results];
  return groups.filter((group) => group.length).map((group) => {
    const codes = group.map((one) => one.code).filter(Boolean);
    const number = group.find((one) => one.number)?.number ?? "";
    const { name } = group[0];
    return { name, number, codes, results: group, placedBy: sortKey(`${name} ${number}`), searched: wordsOf(`${name} ${number} ${codes.join(" ")}`) };
  });
}

function personPart(person) {
  const title = build("h2", "", person.name, person.number ? build("small", "", ` ${person.number}`) : "");
  title.dir = "auto";
  const lines = person.results.map(({ exam, code, grade }) => {
    const link = build("a", "", exam.subject);
    link.href = new URL(`exam?exam=${exam.id}&part=Grid`, location.href);
    link.dataset.id = exam.id;
    return build("tr", "", build("td", "", link), build("td", "date", exam.isDraft ? `${exam.date} · draft` : exam.date), build("td", "code", code), build("td", "grade", grade));
  });
  const heads = ["Exam", "Date", "Code", "Grade"].map((text) => {
    const head = build("th", text.toLowerCase(), text);
    head.scope = "col";
    return head;
  });
  const table = build("table", person.codes.length ? "" : "no-codes", build("thead", "", build("tr", "", ...heads)), build("tbody", "", ...lines));
  const isTwice = new Set(person.results.map((one) => one.exam.id)).size < person.results.length;
  const note = isTwice ? [build("p", "note", "Two results of this name in one exam: they may be two students.")] : [];
  return build("section", "", title, ...note, table);
}

// What was typed under parts of the work that are not shown now and is not saved, as the tab's session storage has it.

const PARTS = { Enter: "exam-results-", Grid: "exam-results-grid-" };

export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  const notice = parentElement.querySelector(".notice");
  const found = unsaved(data).filter(({ exam, part }) => exam !== data.exam || part !== data.part);
  notice.hidden = found.length === 0;
  const picture = JSON.stringify(found);
  if (picture !== notice.dataset.picture) {
    notice.dataset.picture = picture;
    notice.replaceChildren(...found.map((one) => line(one, setTriggerValue)));
  }
  const here = Object.fromEntries(found.filter(({ exam }) => exam === data.exam).map(({ part, count }) => [part, count]));
  if (JSON.stringify(here) !== JSON.stringify(data.known)) setStateValue("here", here);
}

function unsaved({ owner, saved }) {
  const found = [];
  for (const [part, start] of Object.entries(PARTS)) {
    const prefix = `${start}${owner}-`;
    for (const place of Object.keys(sessionStorage).filter((key) => key.startsWith(prefix))) {
      const { entries = [], subject } = JSON.parse(sessionStorage.getItem(place)) ?? {};
      const count = entries.filter(({ key, attempt }) => saved[key] !== attempt).length;
      if (count) found.push({ exam: place.slice(prefix.length), part, count, subject });
    }
  }
  return found;
}

function line({ exam, part, count, subject }, setTriggerValue) {
  const go = build("button", "", `Go to “${part}”`);
  go.type = "button";
  go.addEventListener("click", () => setTriggerValue("go", { exam, part }));
  const what = `${count} ${count === 1 ? "result" : "results"} that you typed under “${part}”`;
  return build("p", "", `${what}${subject ? ` for ${subject}` : ""} ${count === 1 ? "is" : "are"} not saved. `, go);
}

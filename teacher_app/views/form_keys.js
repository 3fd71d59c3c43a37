// Enter in a field presses the form's button; faults are marked on their fields; the focus goes where it is wanted.

const withKey = (key) => document.querySelector(`.st-key-${CSS.escape(key)}`);

export default function ({ data }) {
  const fields = (data.faults ?? []).map((key) => withKey(key)?.querySelector("input, textarea")).filter(Boolean);
  for (const field of fields) {
    field.setAttribute("aria-invalid", "true");
    field.addEventListener("input", () => field.removeAttribute("aria-invalid"), { once: true });
  }
  fields[0]?.focus();
  if (data.focus) {
    const wanted = withKey(data.focus);
    if (wanted) Object.assign(wanted, { tabIndex: -1 }).focus();
  }
  const press = (event) => {
    const isField = event.target.matches?.("input[type=text]") && event.target.closest(`[class*="st-key-${data.fields}"]`);
    if (event.key !== "Enter" || event.isComposing || !isField || event.target.getAttribute("role") === "combobox") return;
    // After Streamlit has taken over what was typed, which it does on Enter too.
    setTimeout(() => withKey(data.button)?.querySelector("button")?.click());
  };
  if (data.button) document.addEventListener("keydown", press);
  return () => document.removeEventListener("keydown", press);
}

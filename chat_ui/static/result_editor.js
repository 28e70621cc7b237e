// A result, line by line, each line's words (or a table's cells) a field. data: {lines: [{kind, lead, cells}]}
// Sends "saved" with the lines as they are, or "left".
const mounted = new WeakSet();

export default function ({ data, parentElement, setTriggerValue }) {
  if (mounted.has(parentElement)) return;
  mounted.add(parentElement);
  const sheet = parentElement.querySelector(".sheet");
  sheet.setAttribute("aria-label", "The result, to be edited");
  for (const line of data.lines) sheet.append(drawn(line));
  const read = () => [...sheet.children].map((row) => ({
    kind: row.dataset.kind, lead: row.dataset.lead, cells: [...row.querySelectorAll(".field")].map((f) => f.textContent),
  }));
  sheet.addEventListener("keydown", (event) => typed(event, () => setTriggerValue("saved", read())));
  const keys = parentElement.querySelector(".keys");
  keys.append(button("Save", "save", () => setTriggerValue("saved", read())));
  keys.append(button("Cancel", "", () => setTriggerValue("left", true)));
  sheet.querySelector(".field")?.focus();
}

function drawn(line) {
  const row = document.createElement("div");
  row.className = `line ${line.kind}`;
  row.dataset.kind = line.kind;
  row.dataset.lead = line.lead;
  if (line.kind === "item") row.append(mark(line.lead.trim().replace(/^[-*+]$/, "•")));
  for (const cell of line.cells) row.append(field(cell));
  return row;
}

function mark(text) {
  const sign = document.createElement("span");
  sign.className = "sign";
  sign.textContent = text;
  sign.setAttribute("aria-hidden", "true");
  return sign;
}

function field(text) {
  const made = document.createElement("span");
  made.className = "field";
  made.setAttribute("contenteditable", "plaintext-only");
  made.setAttribute("role", "textbox");
  made.setAttribute("aria-label", "Words");
  made.textContent = text;
  return made;
}

function button(label, name, click) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = name;
  made.textContent = label;
  made.addEventListener("click", click);
  return made;
}

// Enter begins another line, item or row of the same kind; Backspace in an empty one takes it away; Ctrl+Enter saves.
function typed(event, save) {
  const at = event.target.closest(".field");
  const row = at?.closest(".line");
  if (!row) return;
  if (event.key === "Enter") {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) return save();
    const next = drawn({ kind: row.dataset.kind === "heading" ? "text" : row.dataset.kind,
      lead: row.dataset.kind === "heading" ? "" : row.dataset.lead,
      cells: [...row.querySelectorAll(".field")].map(() => "") });
    row.after(next);
    next.querySelector(".field").focus();
  } else if (event.key === "Backspace" && !row.textContent.replace(/[•\d.)\s]/g, "") && row.previousElementSibling) {
    event.preventDefault();
    const before = row.previousElementSibling;
    row.remove();
    [...before.querySelectorAll(".field")].pop()?.focus();
  }
}

// A plain text area with line numbers, a mark at the line that is wrong, completion, and its text sent while one types.
// data: {text, label, reset, wrong: line or 0, keys: {section: [[word, help]]}, values: {key: [word]}}, or for a text in
// plain words {text, label, reset, mentions: [[name, help]]}, which come after an @. `reset` is raised with a new
// text; insert: {number, text} is put in where the cursor is as soon as its number is another one.
const mounted = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  let editor = mounted.get(parentElement);
  if (!editor) {
    editor = build(parentElement, data, setStateValue);
    mounted.set(parentElement, editor);
  }
  editor.update(data);
}

function build(root, data, send) {
  const area = root.querySelector("textarea");
  const gutter = root.querySelector(".gutter");
  const list = root.querySelector(".words");
  let known = data, timer = 0, chosen = 0, words = [];
  area.value = data.text;
  area.setAttribute("aria-label", data.label);
  root.querySelector(".frame").classList.toggle("prose", Boolean(data.mentions));

  const numbers = () => {
    const lines = area.value.split("\n").length;
    gutter.replaceChildren(...Array.from({ length: lines }, (_, n) => {
      const line = document.createElement("div");
      line.textContent = n + 1;
      if (n + 1 === known.wrong) line.className = "wrong";
      return line;
    }));
    gutter.scrollTop = area.scrollTop;
  };
  const sendNow = () => { clearTimeout(timer); timer = 0; send("text", area.value); };
  const typed = () => { numbers(); clearTimeout(timer); timer = setTimeout(sendNow, 400); };
  const insert = (text, back) => {
    area.setRangeText(text, area.selectionStart - back, area.selectionEnd, "end");
    typed();
  };

  // The section is the outermost key above the cursor; a word is what stands before it on its line.
  const place = () => {
    const before = area.value.slice(0, area.selectionStart);
    const lines = before.split("\n");
    const line = lines[lines.length - 1];
    if (known.mentions) {
      const name = line.match(/(?:^|[^\w.@/+-])@([\w.]*)$/);
      return name && { word: name[1], options: known.mentions, end: "", all: true };
    }
    const value = line.match(/([\w]+):\s+([\w.]*)$/);
    if (value) return { word: value[2], options: (known.values[value[1]] || []).map((v) => [v, ""]), end: "" };
    const key = line.match(/(?:^|[\s{,-])([a-z_]*)$/);
    if (!key) return null;
    let section = "";
    if (/^[\s-]/.test(line)) {
      const above = lines.slice(0, -1).reverse().find((l) => /^[a-z_]+:/.test(l));
      section = above ? above.split(":")[0] : "";
    }
    return { word: key[1], options: known.keys[section] || [], end: ": " };
  };
  const close = () => { list.hidden = true; area.removeAttribute("aria-activedescendant"); };
  const show = (asked) => {
    const at = place();
    words = at && (asked || at.word || at.all) ? at.options.filter(([w]) => w.startsWith(at.word) && w !== at.word) : [];
    if (!words.length) return close();
    chosen = 0;
    list.replaceChildren(...words.map(([word, help], n) => {
      const item = document.createElement("li");
      item.id = `word-${n}`;
      item.setAttribute("role", "option");
      const name = document.createElement("b");
      name.textContent = word;
      item.append(name, help ? ` ${help}` : "");
      item.onmousedown = (event) => { event.preventDefault(); chosen = n; take(); };
      return item;
    }));
    list.hidden = false;
    mark();
  };
  const mark = () => {
    [...list.children].forEach((item, n) => item.setAttribute("aria-selected", String(n === chosen)));
    list.children[chosen].scrollIntoView({ block: "nearest" });
    area.setAttribute("aria-activedescendant", `word-${chosen}`);
  };
  const take = () => {
    const at = place();
    if (at) insert(words[chosen][0] + at.end, at.word.length);
    close();
    area.focus();
  };

  area.oninput = () => { typed(); show(false); };
  area.onscroll = () => { gutter.scrollTop = area.scrollTop; };
  area.onblur = () => { close(); if (timer) sendNow(); };
  area.onclick = close;
  area.onkeydown = (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") return sendNow();
    if (event.ctrlKey && event.key === " ") { event.preventDefault(); return show(true); }
    if (list.hidden) return undefined;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : words.length - 1)) % words.length;
      return mark();
    }
    if (event.key === "Enter" || event.key === "Tab") { event.preventDefault(); return take(); }
    if (event.key === "Escape") { event.preventDefault(); return close(); }
    return undefined;
  };
  return {
    update(next) {
      known = next;
      // What is being typed is newer than what the server knows.
      if (next.reset !== undefined && next.reset !== this.reset) {
        if (this.reset !== undefined) area.value = next.text;
        this.reset = next.reset;
      }
      // What is chosen elsewhere goes where the cursor was, once.
      const insert = next.insert || { number: 0 };
      if (this.inserted !== undefined && insert.number > this.inserted) {
        const before = area.value.slice(0, area.selectionStart);
        const space = before && !/\s$/.test(before) ? " " : "";
        area.setRangeText(space + insert.text, area.selectionStart, area.selectionEnd, "end");
        sendNow();
      }
      this.inserted = insert.number;
      numbers();
    },
  };
}

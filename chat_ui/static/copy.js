// One listener serves every copy button, also those that come later. It is installed once a page.
if (!window.debriefCopies) {
  window.debriefCopies = true;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button.copy");
    if (!button) return;
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
    } catch {
      button.textContent = "The browser forbids copying here";
    }
    setTimeout(() => (button.textContent = label), 1600);
  });
}

// A reviewer's keys: 1 to 9 choose the value in that place, wherever the page is, but not while words are typed.
if (!window.debriefKeys) {
  window.debriefKeys = true;
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("textarea, [contenteditable], input:not([type=radio]):not([type=checkbox])");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !/^[1-9]$/.test(event.key)) return;
    document.querySelectorAll(".st-key-label-by-keys [role=radiogroup] input")[event.key - 1]?.click();
  });
}

// While the start page still looks for what it can offer, it is drawn again, unless somebody writes or clicks.
if (!window.debriefLooking) {
  let touched = 0;
  for (const kind of ["keydown", "pointerdown"]) {
    document.addEventListener(kind, () => (touched = Date.now()), { capture: true, passive: true });
  }
  window.debriefLooking = setInterval(() => {
    const again = document.querySelector(".st-key-start-look button");
    const idle = document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === "notRunning";
    const writing = document.querySelector('[data-testid="stChatInputTextArea"]')?.value;
    if (again && idle && !writing && Date.now() - touched > 3000) again.click();
  }, 2500);
}

// The question that was asked last comes to the top of the window, below the head of the page, and stays there while
// its answer is drawn, until the person scrolls, types or clicks.
window.debriefToTop = () => {
  const began = Date.now();
  const main = document.querySelector('[data-testid="stMain"]');
  if (!main) return;
  clearInterval(window.debriefHolding);
  const hold = () => {
    const questions = document.querySelectorAll(".question");
    const last = questions[questions.length - 1];
    const head = document.querySelector('[data-testid="stHeader"]')?.getBoundingClientRect().bottom ?? 0;
    const off = last ? last.getBoundingClientRect().top - head - 12 : 0;
    if (Math.abs(off) > 1) main.scrollBy({ top: off, behavior: "instant" });
    const running = document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === "running";
    if (running) quiet = Date.now();
    if (Date.now() - quiet > 1500 || Date.now() - began > 120000) stop();
  };
  let quiet = Date.now();
  const stop = () => {
    clearInterval(window.debriefHolding);
    for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) document.removeEventListener(kind, stop);
  };
  for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    document.addEventListener(kind, stop, { passive: true });
  }
  hold();
  window.debriefHolding = setInterval(hold, 60);
};

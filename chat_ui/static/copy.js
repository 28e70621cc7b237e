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

// The question that was asked last comes to the top of the window, below the head of the page.
window.debriefToTop = () => {
  const main = document.querySelector('[data-testid="stMain"]');
  const questions = document.querySelectorAll(".question");
  const last = questions[questions.length - 1];
  if (!main || !last) return;
  const head = document.querySelector('[data-testid="stHeader"]')?.getBoundingClientRect().bottom ?? 0;
  main.scrollBy({ top: last.getBoundingClientRect().top - head - 12, behavior: "instant" });
};

// One listener serves every copy button, also those that come later. It is installed once a page.
if (!window.debriefCopies) {
  window.debriefCopies = true;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button.copy");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
    } catch {
      button.textContent = "The browser forbids copying here";
    }
    setTimeout(() => (button.textContent = "Copy"), 1600);
  });
}

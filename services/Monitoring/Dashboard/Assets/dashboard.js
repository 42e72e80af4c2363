// Moves the focus itself: following the link would be a navigation of the router.
document.addEventListener('click', event => {
  const link = event.target.closest?.('a.skip');
  if (link) {
    event.preventDefault();
    document.getElementById('content')?.focus();
  }
});

// A button copies the text before it, and says so.
document.addEventListener('click', async event => {
  const button = event.target.closest?.('button[data-copy]');
  if (button) {
    await navigator.clipboard.writeText(button.previousElementSibling.textContent);
    button.textContent = 'Copied';
  }
});

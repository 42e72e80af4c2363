// Moves the focus itself: following the link would be a navigation of the router.
document.addEventListener('click', event => {
  const link = event.target.closest?.('a.skip');
  if (link) {
    event.preventDefault();
    document.getElementById('content')?.focus();
  }
});

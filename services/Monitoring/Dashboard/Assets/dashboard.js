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

// The server writes times in the browser's zone, and pages in the chosen theme.
const pages = new URL(document.baseURI).pathname.slice(0, -1);
const remember = (name, value) => { document.cookie = `${name}=${encodeURIComponent(value)}; path=${pages}; max-age=31536000; samesite=strict`; };
remember('jobsystem_ui_zone', Intl.DateTimeFormat().resolvedOptions().timeZone);
document.addEventListener('click', event => {
  if (event.target.closest?.('[data-theme-switch]')) {
    const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
    const now = document.documentElement.dataset.theme || system;
    remember('jobsystem_ui_theme', now === 'dark' ? 'light' : 'dark');
    location.reload();
  }
});

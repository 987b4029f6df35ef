// Runs before anything is painted: a page that turns from white to dark hurts at three in the morning.
document.documentElement.classList.add("has-js");
try {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch { /* a browser that keeps nothing shows what the system prefers */ }

// The theme that the reader chose on an earlier visit, before anything is drawn.
try {
  const theme = localStorage.getItem('archcalc-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch { /* no storage: the system's theme */ }

// Runs before the first paint: dark or light, as chosen here before, else as the system has it.
(function () {
  var match = document.cookie.match(/(?:^|; )theme=(dark|light)/);
  var dark = match ? match[1] === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.setAttribute('data-bs-theme', dark ? 'dark' : 'light');
})();

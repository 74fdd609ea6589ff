/** What the page of a flight record does: filters its steps. All else works without a script. */

/** A story that was opened by the keyboard is closed by it. */
export const readerKeys = `
addEventListener('keydown', (event) => { if (event.key === 'Escape') document.activeElement.blur(); });
`;

export const behaviour = `
const words = document.getElementById('filter');
const outcome = document.getElementById('outcome');
const shown = document.getElementById('shown');
const rows = [...document.querySelectorAll('#steps tbody tr')];
function filter() {
  const wanted = words.value.toLowerCase();
  let count = 0;
  for (const row of rows) {
    const fits = row.textContent.toLowerCase().includes(wanted) && (outcome.value === '' || row.dataset.outcome === outcome.value);
    row.hidden = !fits;
    if (fits) count += 1;
  }
  shown.textContent = count + ' of ' + rows.length;
}
words.addEventListener('input', filter);
outcome.addEventListener('input', filter);
filter();
${readerKeys}`;

// @ts-check
/** Drafts: what was typed and not sent yet, kept in this browser; and forms as names with values. */

/** @param {HTMLFormElement} form @returns {Record<string, any>} */
export const values = (form) => Object.fromEntries(new FormData(form));

/** @param {HTMLFormElement} form @param {object} data */
export const fill = (form, data) => {
  for (const [name, value] of Object.entries(data)) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = !!value;
    else if (field && "value" in field) field.value = value;
  }
};

// Storage may be full or forbidden.
/** @param {string} key @param {object} [draft] */
export const keep = (key, draft) => {
  try {
    if (draft) localStorage.setItem(key, JSON.stringify(draft));
    else localStorage.removeItem(key);
  } catch {}
};

/** @param {string} key @returns {Record<string, string>} */
export const kept = (key) => {
  try {
    return JSON.parse(localStorage[key]);
  } catch {
    return {};
  }
};

/** Keep what a form holds under the key that it carries. @param {HTMLFormElement} form */
export const save = (form) => {
  // Sent with the comment: the same one twice, after an answer that got lost, is still one comment.
  const key = crypto.getRandomValues(new Uint32Array(4)).join("-");
  if (!values(form).key) fill(form, { key });
  const data = values(form);
  const worth = data.body || data.name || data.passage_exact;
  keep(`${form.dataset.draft}`, worth ? { ...data, open: "1" } : undefined);
};

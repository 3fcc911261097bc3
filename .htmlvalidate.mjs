// What the HTML standard asks of every page, checked by tests/browser/test_pages.py. Accessibility
// beyond that is axe's, which sees each page as it is shown.
export default {
  root: true,
  extends: ["html-validate:standard"],
  rules: {
    // The standard lets ">" stand in a text as it is, as catalogues write it; what is left open by
    // "<" or "&" the parser tells all the same.
    "no-raw-characters": "off",
  },
};

export const palette = {
  title: "Find or do",
  placeholder: "An instance, a page, or what you want to do",
  place: "page",
  view: "Switch between patch and list",
  found: (count: number) => (count === 1 ? "1 match" : `${count} matches`),
  nothing: "Nothing of that name.",
};

// Files too large in all are told before they are sent: the server could only refuse the whole request.
for (const field of document.querySelectorAll("input[type='file'][data-largest]")) {
  const words = document.getElementById(`${field.id}-too-large`);
  const size = () => [...field.files].reduce((sum, file) => sum + file.size, 0);
  const check = () => {
    words.hidden = size() <= Number(field.dataset.largest);
    if (words.hidden) field.removeAttribute("aria-invalid");
    else field.setAttribute("aria-invalid", "true");
    return words.hidden;
  };
  field.addEventListener("change", check);
  field.form.addEventListener("submit", (event) => {
    if (check()) return;
    event.preventDefault();
    field.focus();
  });
}

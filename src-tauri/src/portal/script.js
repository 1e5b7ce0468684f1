// Runs before anything of the portal's page. Keeps what the page hands out as a private key, by Copy
// or as a download made in the page, and lets the shell fetch it. What a person types is not read.
(() => {
  const MARK = "@MARK@";
  const MOST = 64 * 1024;
  const caught = [];
  const blobs = new Map();
  const title = Object.getOwnPropertyDescriptor(Document.prototype, "title");
  const createObjectURL = URL.createObjectURL;
  const Reader = FileReader;
  let before = null;

  const isKey = (text) => typeof text === "string" && text.length <= MOST && text.includes("PRIVATE KEY");

  // The shell hears of a changed title; nothing else of the page reaches it.
  function hand(text) {
    caught.push(text);
    if (before !== null) return;
    before = title.get.call(document);
    title.set.call(document, MARK);
  }

  function take() {
    const all = caught.splice(0);
    if (before !== null) title.set.call(document, before);
    before = null;
    return all;
  }

  function read(blob) {
    const reader = new Reader();
    reader.onload = () => hand(String(reader.result).split(",")[1] ?? "");
    reader.readAsDataURL(blob);
  }

  // Whether the page still has what it offers for download at this address.
  function blob(address) {
    const found = blobs.get(address);
    if (found) read(found);
    return found !== undefined;
  }

  URL.createObjectURL = function (thing) {
    const address = createObjectURL.call(URL, thing);
    if (thing instanceof Blob && thing.size <= MOST) {
      blobs.set(address, thing);
      if (blobs.size > 32) blobs.delete(blobs.keys().next().value);
    }
    return address;
  };

  if (typeof Clipboard === "function") {
    const { writeText, write } = Clipboard.prototype;
    Clipboard.prototype.writeText = function (text) {
      if (!isKey(text)) return writeText.call(this, text);
      hand(text);
      return Promise.resolve();
    };
    Clipboard.prototype.write = async function (items) {
      for (const item of items) {
        if (!item.types.includes("text/plain")) continue;
        const text = await (await item.getType("text/plain")).text();
        if (isKey(text)) return hand(text);
      }
      return write.call(this, items);
    };
  }

  function selected() {
    const field = document.activeElement;
    if (field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement) {
      return field.value.slice(field.selectionStart ?? 0, field.selectionEnd ?? 0);
    }
    return String(getSelection());
  }

  function copying(event) {
    const text = selected();
    if (!isKey(text)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    hand(text);
  }
  addEventListener("copy", copying, true);
  addEventListener("cut", copying, true);

  const { setData } = DataTransfer.prototype;
  DataTransfer.prototype.setData = function (kind, text) {
    if (isKey(text)) return hand(text);
    return setData.call(this, kind, text);
  };

  Object.defineProperty(window, "@NAME@", { value: Object.freeze({ take, blob }) });
})();

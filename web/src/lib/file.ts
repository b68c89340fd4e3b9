// Files of people: read, made smaller where they are pictures of a phone, and given back.
import { file, get, Given as Asked } from "./api";

export interface Given {
  name: string;
  /** base64 */
  content: string;
  bytes: number;
}

const SIDE = 2000, SMALL = 900 * 1024; // pixels of a picture's longer side; bytes that are sent as they are

export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(text);
}

async function smaller(file: File): Promise<Blob> {
  const image = await createImageBitmap(file), by = Math.min(1, SIDE / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.width * by);
  canvas.height = Math.round(image.height * by);
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) => canvas.toBlob((b) => (b ? done(b) : fail(new Error("no picture"))), "image/jpeg", 0.85));
}

/** As it is; with `photo` a large picture as a smaller JPEG. */
export async function readFile(file: File, photo = false): Promise<Given> {
  let body: Blob = file, name = file.name;
  if (photo && file.type.startsWith("image/") && file.size > SMALL) {
    try {
      body = await smaller(file);
      name = name.replace(/\.\w+$/, "") + ".jpg";
    } catch { /* a kind that the browser cannot draw */ }
  }
  const bytes = new Uint8Array(await body.arrayBuffer());
  return { name, content: base64(bytes), bytes: bytes.length };
}

function save(body: Blob, name: string): void {
  const a = document.createElement("a"), url = URL.createObjectURL(body);
  a.href = url;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** What a route answers, saved by the browser under the name that the server gives it. */
export async function saveAnswer(path: string, given: Asked): Promise<void> {
  const answer = await file(path, given);
  save(answer.body, answer.name);
}

/** The file of a view (evidence.file, phieu.file), saved by the browser under its name. */
export async function saveFile(view: string, given: Record<string, number>): Promise<void> {
  const row = (await get<{ file: string; content: string }>(view, given))[0];
  if (!row) return;
  const bytes = Uint8Array.from(atob(row.content), (c) => c.charCodeAt(0));
  save(new Blob([bytes], { type: "application/octet-stream" }), row.file);
}

/** 1,2 MB */
export function size(bytes: number | null): string {
  if (bytes === null) return "";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let n = bytes, i = 0;
  while (n >= 1000 && i < units.length - 1) { n /= 1000; i++; }
  return `${n.toLocaleString(document.documentElement.lang === "vi" ? "vi-VN" : "en-GB", { maximumFractionDigits: i ? 1 : 0 })} ${units[i]}`;
}

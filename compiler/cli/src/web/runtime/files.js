// Files of a package.

import { FileError } from "./errors.js";

/** The content of a file as "json", "text" or "arrayBuffer". */
export async function fetched(address, kind) {
  let response;
  try {
    response = await fetch(address);
  } catch (error) {
    throw new FileError(`${address} cannot be fetched: is the page served over http? (${error.message})`, { cause: error });
  }
  if (!response.ok) throw new FileError(`${address} cannot be fetched: ${response.status} ${response.statusText}`);
  try {
    return await response[kind]();
  } catch (error) {
    throw new FileError(`${address} cannot be read: ${error.message}`, { cause: error });
  }
}

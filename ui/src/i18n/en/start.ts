/** What a start found and settled. */
export const start = {
  title: "Found at the start",
  keyPairKept: (name: string) => `${name}: its private key is safe in the keychain and waits for its API key.`,
  keyPairLost: (name: string) => `${name}: its private key was lost on the way. If it exists at Adobe, delete it there and make a new pair.`,
  keyPairNothing: (name: string) => `${name}: bringing it was interrupted; nothing was stored.`,
  copyInterrupted: (name: string) => `${name}: its one copy was interrupted; nobody knows whether it was made. If you did not get it, make a new pair; connecting needs no copy.`,
  pushed: (name: string) => `${name}: the interrupted push was carried out; the new values are there.`,
  failed: (name: string) => `${name}: the interrupted push was not carried out; the former values are there.`,
  outcomeUnknown: (name: string) => `${name}: it cannot be told yet whether the interrupted push was carried out. It is asked again at the next start.`,
  dismiss: "Read",
};

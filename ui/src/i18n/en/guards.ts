/** The guards in the sentences of docs/glossary.md, by the core's cases; {gaps} are filled in. */
export const guards = {
  between: ", ",
  effects: {
    blocked: "Blocked",
    confirm: "Needs your confirmation",
    warning: "Please note",
  },
  cases: {
    keysAndDataSpace: "Not in one go: changing the keys and the data space of a live instance. Adobe warns that you lose this instance's data. Change the keys first; once connected, the data space.",
    paymentsId: "A new data space breaks the link to your Payment Services ID {id}; payments must be set up again. Type {name}.",
    leavesProduction: "{name} would leave a Production data space; what it collected there stays behind. Type {name}.",
    usedElsewhere: "{dataSpace} belongs to {other}. Each instance needs its own.",
    productionOnCopy: "A Production data space on a {role} instance mixes test data into your live data.",
    testingOnLive: "A Testing data space on a live instance keeps its data out of your live data. Type {name}.",
    swapped: "The two key pairs of {instance} are swapped: the one under Sandbox Keys was made for production, or the other way round. Nothing was changed. Choose each pair in its own place.",
    half: "Only half of the {kind} pair of {instance} would be set. An API key and its private key belong together. Nothing was changed.",
    onePair: "{instance} gets no {kind} pair. That is allowed, but some services ask for both.",
    otherAccount: "The keys belong to {keys}, the data space to {dataSpace}. Payment entitlements need keys of the same MageID.",
    accountNotKnown: "It is not known whether the {kind} keys belong to the data space's MageID. Type {name}.",
    locked: "{value} is fixed on the server in {source}; a change here has no effect. Give these lines to your developer: {lines}",
    removes: "This takes {values} away from the live instance {instance}. Its Adobe services stop until they are set again. Type {name}.",
    removesInBulk: "Values of live instances are removed one instance at a time. {instance} was left as it is.",
    productionKeysOnCopy: "{instance} is a {role} instance and would get the production keys. Whoever can read its settings can then act with them. Type {name}, once for this instance; the board keeps showing it.",
    looksLive: "{instance} is labelled {role} but takes real payments. It is treated as live until you answer: is it live?",
    formerRejected: "Adobe rejects the former {kinds} keys. Bringing them back would stop this shop.",
    formerNotProvable: "Adobe gave no usable answer about the former keys. Bringing them back may stop this shop. Type {name}.",
  },
};

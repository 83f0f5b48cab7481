package policy

// RefuseAct says that rooms.act is not held in a room that the person sees.
const RefuseAct = "may-not-act"

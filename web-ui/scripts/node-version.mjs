// Fails if this Node is too old to build the console.
const [major, minor] = process.versions.node.split('.').map(Number);
process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1);

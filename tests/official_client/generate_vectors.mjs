// Writes tests/vectors/official_client.json to stdout: what the official client's own hasher, tree and encoder say.
// Every input follows from counters by the rules of tests/vectors/README.md, so the file is the same each time.
import { createRequire } from 'node:module'
import { AbiCoder, concat, getAddress, id, keccak256, toBeHex, zeroPadValue } from 'ethers'
import { EVMChain } from '@chainlink/ccip-sdk'
// The client exports no tree; this is the file that its own proofs are made with.
import { Tree, proofFlagsToBits } from './node_modules/@chainlink/ccip-sdk/dist/hasher/merklemulti.js'
// The public way to the hasher refuses selectors that the client has no name for; this is what it leads to.
import { getV12LeafHasher } from './node_modules/@chainlink/ccip-sdk/dist/evm/hasher.js'

const version = createRequire(import.meta.url)('./node_modules/@chainlink/ccip-sdk/package.json').version
const coder = AbiCoder.defaultAbiCoder()
const MAX64 = 2n ** 64n - 1n
const MAX256 = 2n ** 256n - 1n
const DATA_LENGTHS = [0, 1, 31, 32, 33, 100, 1_000, 30_000]
const RANDOM_MESSAGES = 24
const MAX_LEAVES = 256
const SUBSETS_PER_TREE = 16
const GENERATED_PROOFS = 300

const word = (n) => toBeHex(n, 32)

// Pseudo-random words: keccak256 of a counter, forever the same.
let counter = 0n
const nextWord = () => keccak256(word(counter++))
const nextNumber = (bits) => BigInt(nextWord()) >> BigInt(256 - bits)
const nextAddress = () => getAddress('0x' + nextWord().slice(26))
const nextBytes = (length) => {
  let hex = ''
  while (hex.length < 2 * length) hex += nextWord().slice(2)
  return '0x' + hex.slice(0, 2 * length)
}

// --- Messages ---

const expand = ({ seed, length }) => {
  const bytes = Buffer.from(seed.slice(2), 'hex')
  return '0x' + Buffer.alloc(length, bytes.length ? bytes : 0).toString('hex')
}

const sourceTokenData = (pool, token, gas) =>
  coder.encode(
    ['tuple(bytes sourcePoolAddress, bytes destTokenAddress, bytes extraData, uint64 destGasAmount)'],
    [[zeroPadValue(pool, 32), zeroPadValue(token, 32), word(18), gas]],
  )

function message(lane, dataLength, tokens, changes = {}) {
  const tokenAmounts = []
  const tokenData = []
  for (let i = 0; i < tokens; i++) {
    tokenAmounts.push({ token: nextAddress(), amount: nextNumber(96) })
    tokenData.push(sourceTokenData(nextAddress(), nextAddress(), 90_000 + i))
  }
  return {
    lane,
    sender: nextAddress(),
    receiver: nextAddress(),
    sequenceNumber: nextNumber(32),
    gasLimit: nextNumber(24),
    strict: false,
    nonce: nextNumber(16),
    feeToken: nextAddress(),
    feeTokenAmount: nextNumber(80),
    data: { seed: nextBytes(37), length: dataLength },
    tokenAmounts,
    sourceTokenData: tokenData,
    ...changes,
  }
}

const highest = '0x' + 'ff'.repeat(20)
const maximal = {
  sender: highest,
  receiver: highest,
  sequenceNumber: MAX64,
  gasLimit: MAX256,
  strict: true,
  nonce: MAX64,
  feeToken: highest,
  feeTokenAmount: MAX256,
}
const least = {
  sender: toBeHex(0, 20),
  receiver: toBeHex(0, 20),
  sequenceNumber: 0n,
  gasLimit: 0n,
  nonce: 0n,
  feeToken: toBeHex(0, 20),
  feeTokenAmount: 0n,
}

function messages() {
  const all = []
  for (const tokens of [0, 1, 2]) for (const length of DATA_LENGTHS) all.push(message(0, length, tokens))
  for (let lane = 1; lane < lanes.length; lane++) for (const tokens of [0, 2]) all.push(message(lane, 64, tokens))
  all.push(message(0, 0, 0, least), message(0, 0, 0, maximal))
  const amounts = [MAX256, 0n].map((amount) => ({ token: highest, amount }))
  all.push(message(2, 32, 0, { ...maximal, tokenAmounts: amounts, sourceTokenData: ['0x', nextBytes(33)] }))
  for (const length of [0, 1, 31, 32, 33, 64, 1_000]) {
    all.push(message(0, 3, 1, { sourceTokenData: [nextBytes(length)] })) // a pool may say anything
  }
  for (let i = 0; i < RANDOM_MESSAGES; i++) {
    all.push(message(Number(nextNumber(2)) % lanes.length, Number(nextNumber(12)), i % 3))
  }
  return all.map((each) => {
    const { source, destination, onRamp } = lanes[each.lane]
    const leaf = getV12LeafHasher(source, destination, onRamp)({ ...each, data: expand(each.data) })
    return { ...each, leaf }
  })
}

// --- Lanes ---

const lanes = [
  { source: 7759470850252068959n, destination: 3379446385462418246n, onRamp: nextAddress() },
  { source: 3379446385462418246n, destination: 7759470850252068959n, onRamp: nextAddress() },
  { source: MAX64, destination: MAX64 - 1n, onRamp: highest },
  { source: 1n, destination: 0n, onRamp: toBeHex(0, 20) },
].map((lane) => ({ ...lane, metadata: metadata(lane) }))

// The client keeps its metadata hash to itself. It is worked out here, and then the leaf of a message without data and
// tokens is made from it: if that is the client's leaf, the metadata hash is the client's too.
function metadata(lane) {
  const { source, destination, onRamp } = lane
  const hash = keccak256(
    concat([id('EVM2EVMMessageHashV2'), word(source), word(destination), zeroPadValue(onRamp, 32)]),
  )
  const fixed = new Array(8).fill(word(0))
  const none = keccak256(concat([word(32), word(0)]))
  const leaf = keccak256(concat([word(0), hash, keccak256(concat(fixed)), keccak256('0x'), none, none]))
  const nothing = { ...least, strict: false, data: '0x', tokenAmounts: [], sourceTokenData: [] }
  if (leaf !== getV12LeafHasher(source, destination, onRamp)(nothing)) {
    throw new Error(`the client hashes the metadata of ${source} to ${destination} in another way`)
  }
  return hash
}

// --- Trees and proofs ---

const leaves = Array.from({ length: MAX_LEAVES }, (_, i) => keccak256(word(i)))

const grown = new Map()
function tree(n) {
  if (!grown.has(n)) grown.set(n, new Tree(leaves.slice(0, n)))
  return grown.get(n)
}

const prove = (n, indices) => {
  const proof = tree(n).prove(indices)
  return { hashes: concat(proof.hashes), flagBits: word(proofFlagsToBits(proof.sourceFlags)) }
}

// Leaf i is in the subset of number k if bit i of keccak256(n ‖ k) is set; leaf k mod n always is.
function subset(n, k) {
  const bits = BigInt(keccak256(concat([word(n), word(k)])))
  return [...Array(n).keys()].filter((i) => i === k % n || (bits >> BigInt(i)) & 1n)
}

function trees() {
  return Array.from({ length: MAX_LEAVES }, (_, i) => {
    const n = i + 1
    const proofs = Array.from({ length: SUBSETS_PER_TREE }, (_, k) => prove(n, subset(n, k)))
    return {
      root: tree(n).root(),
      allLeaves: prove(n, [...Array(n).keys()]),
      subsets: keccak256(concat(proofs.flatMap(({ hashes, flagBits }) => [hashes, flagBits]))),
    }
  })
}

function proofs() {
  const all = []
  const add = (n, indices) =>
    all.push({ leaves: n, indices: '0x' + Buffer.from(indices).toString('hex'), ...prove(n, indices) })
  for (let n = 1; n <= 5; n++) {
    for (let bits = 1; bits < 1 << n; bits++) add(n, [...Array(n).keys()].filter((i) => (bits >> i) & 1))
  }
  for (let k = 0; k < GENERATED_PROOFS; k++) {
    const n = k % 10 ? 6 + Number(nextNumber(5)) : 6 + (Number(nextNumber(16)) % (MAX_LEAVES - 5))
    add(n, subset(n, SUBSETS_PER_TREE + k))
  }
  return all
}

// --- Extra arguments ---

function extraArgs() {
  const limits = [0n, 1n, 200_000n, 2n ** 32n - 1n, 2n ** 64n, MAX256]
  const forms = [
    ...limits.map((gasLimit) => ({ gasLimit })),
    ...[false, true].flatMap((allowOutOfOrderExecution) =>
      limits.map((gasLimit) => ({ gasLimit, allowOutOfOrderExecution })),
    ),
  ]
  return forms.map((form) => ({
    version: 'allowOutOfOrderExecution' in form ? 2 : 1,
    gasLimit: form.gasLimit,
    allowOutOfOrderExecution: form.allowOutOfOrderExecution ?? false,
    encoded: EVMChain.encodeExtraArgs({ ...form }),
  }))
}

// Forms for other machines and later versions, which a 1.5 lane to an EVM chain does not take.
function foreignExtraArgs() {
  const zero = word(0)
  const forms = {
    GenericExtraArgsV3: { gasLimit: 200_000n, finality: 'finalized', ccvs: [], ccvArgs: [], executor: '', executorArgs: '0x', tokenReceiver: '', tokenArgs: '0x' },
    SVMExtraArgsV1: { computeUnits: 200_000n, accountIsWritableBitmap: 0n, allowOutOfOrderExecution: true, tokenReceiver: zero, accounts: [zero] },
    SuiExtraArgsV1: { gasLimit: 200_000n, allowOutOfOrderExecution: true, tokenReceiver: zero, receiverObjectIds: [zero] },
  }
  return Object.entries(forms).map(([form, args]) => ({ form, encoded: EVMChain.encodeExtraArgs(args) }))
}

const vectors = {
  writtenBy: `@chainlink/ccip-sdk ${version}`,
  lanes,
  messages: messages(),
  trees: trees(),
  proofs: proofs(),
  extraArgs: extraArgs(),
  noExtraArgs: EVMChain.encodeExtraArgs(undefined),
  foreignExtraArgs: foreignExtraArgs(),
}

// One line for each entry: small, and a difference can be read.
const spell = (value) => JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? each.toString() : each))
const sections = Object.entries(vectors).map(([name, value]) =>
  Array.isArray(value) ? ` "${name}": [\n  ${value.map(spell).join(',\n  ')}\n ]` : ` "${name}": ${spell(value)}`,
)
process.stdout.write(`{\n${sections.join(',\n')}\n}\n`)

/// The instructions of Python's pickle machine that binary pickles (protocols 2 to 5) of plain data are made of.
///
/// *Source*: CPython's Lib/pickletools.py, which documents each.
enum PickleOpcode: UInt8 {
  case mark = 0x28  // (
  case emptyTuple = 0x29  // )
  case stop = 0x2E  // .
  case pop = 0x30  // 0
  case popMark = 0x31  // 1
  case emptyList = 0x5D  // ]
  case emptyDictionary = 0x7D  // }
  case binaryFloat = 0x47  // G
  case binaryInteger = 0x4A  // J
  case binaryInteger1 = 0x4B  // K
  case binaryInteger2 = 0x4D  // M
  case none = 0x4E  // N
  case persistentIdentifier = 0x51  // Q
  case reduce = 0x52  // R
  case binaryString = 0x54  // T
  case shortBinaryString = 0x55  // U
  case binaryUnicode = 0x58  // X
  case append = 0x61  // a
  case build = 0x62  // b
  case global = 0x63  // c
  case dictionary = 0x64  // d
  case appends = 0x65  // e
  case get = 0x68  // h
  case longGet = 0x6A  // j
  case list = 0x6C  // l
  case put = 0x71  // q
  case longPut = 0x72  // r
  case setItem = 0x73  // s
  case tuple = 0x74  // t
  case setItems = 0x75  // u
  case binaryBytes = 0x42  // B
  case shortBinaryBytes = 0x43  // C
  case proto = 0x80
  case tuple1 = 0x85
  case tuple2 = 0x86
  case tuple3 = 0x87
  case newTrue = 0x88
  case newFalse = 0x89
  case long1 = 0x8A
  case long4 = 0x8B
  case shortBinaryUnicode = 0x8C
  case binaryUnicode8 = 0x8D
  case binaryBytes8 = 0x8E
  case emptySet = 0x8F
  case addItems = 0x90
  case frozenSet = 0x91
  case stackGlobal = 0x93
  case memoize = 0x94
  case frame = 0x95
}

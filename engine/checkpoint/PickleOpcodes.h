// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: the instructions of Python's pickle machine, protocols 0 to 5, by their names there.
#pragma once

namespace mixer::checkpoint::opcode {

// Values
constexpr unsigned char kNone = 'N', kNewTrue = 0x88, kNewFalse = 0x89;
constexpr unsigned char kInt = 'I', kBinInt = 'J', kBinInt1 = 'K', kBinInt2 = 'M';
constexpr unsigned char kLong = 'L', kLong1 = 0x8A, kLong4 = 0x8B;
constexpr unsigned char kFloat = 'F', kBinFloat = 'G';
constexpr unsigned char kString = 'S', kBinString = 'T', kShortBinString = 'U';
constexpr unsigned char kUnicode = 'V', kBinUnicode = 'X', kShortBinUnicode = 0x8C, kBinUnicode8 = 0x8D;
constexpr unsigned char kBinBytes = 'B', kShortBinBytes = 'C', kBinBytes8 = 0x8E, kByteArray8 = 0x96;

// Containers
constexpr unsigned char kMark = '(', kPopMark = '1', kPop = '0', kDup = '2';
constexpr unsigned char kEmptyList = ']', kList = 'l', kAppend = 'a', kAppends = 'e';
constexpr unsigned char kEmptyTuple = ')', kTuple = 't', kTuple1 = 0x85, kTuple2 = 0x86, kTuple3 = 0x87;
constexpr unsigned char kEmptyDict = '}', kDict = 'd', kSetItem = 's', kSetItems = 'u';
constexpr unsigned char kEmptySet = 0x8F, kAddItems = 0x90, kFrozenSet = 0x91;

// The memo
constexpr unsigned char kGet = 'g', kBinGet = 'h', kLongBinGet = 'j';
constexpr unsigned char kPut = 'p', kBinPut = 'q', kLongBinPut = 'r', kMemoize = 0x94;

// Names and calls
constexpr unsigned char kGlobal = 'c', kStackGlobal = 0x93, kReduce = 'R', kBuild = 'b';
constexpr unsigned char kInst = 'i', kObj = 'o', kNewObj = 0x81, kNewObjEx = 0x92;
constexpr unsigned char kPersId = 'P', kBinPersId = 'Q';

// Framing
constexpr unsigned char kProto = 0x80, kFrame = 0x95, kStop = '.';

}  // namespace mixer::checkpoint::opcode

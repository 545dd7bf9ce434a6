// SPDX-License-Identifier: MIT
#include "engine/checkpoint/Unpickler.h"
#include "engine/checkpoint/PickleGlobals.h"
#include "engine/checkpoint/PickleJson.h"
#include "engine/checkpoint/PickleText.h"
#include "tests/engine/TensorFiles.h"
#include "tests/engine/TorchFiles.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace mixer::checkpoint {
namespace {

using test::expectError;
using test::number;
using test::pickleDict;
using test::pickleText;
using test::TemporaryFolder;

constexpr std::size_t kLimit = std::size_t{1} << 16;

// What Python's pickle.dumps makes, by protocol, of
// {'a': [1, 2.5, None, True, -3], 'b': ('x', 'h\xe9\n'), 'c': {4: []}, 'big': 10**30,
//  'deep': ((1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)), 'no': False, 'int': [255, 256, 65536, -1, 2**31, -2**40]}
const std::vector<std::pair<int, std::string>> kProtocols = {
    {0,
     "286470300a56610a70310a286c70320a49310a6146322e350a614e614930310a61492d330a617356620a70330a2856780a70"
     "340a5668e95c75303030610a70350a7470360a7356630a70370a286470380a49340a286c70390a7373566269670a7031300a"
     "4c313030303030303030303030303030303030303030303030303030303030304c0a7356646565700a7031310a282849310a"
     "747031320a2849310a49320a747031330a2849310a49320a49330a747031340a2849310a49320a49330a49340a747031350a"
     "747031360a73566e6f0a7031370a4930300a7356696e740a7031380a286c7031390a493235350a61493235360a6149363535"
     "33360a61492d310a614c323134373438333634384c0a614c2d313039393531313632373737364c0a61732e"},
    {1,
     "7d71002858010000006171015d7102284b014740040000000000004e4930310a4afdffffff65580100000062710328580100"
     "0000787104580400000068c3a90a710574710658010000006371077d71084b045d7109735803000000626967710a4c313030"
     "303030303030303030303030303030303030303030303030303030304c0a580400000064656570710b28284b0174710c284b"
     "014b0274710d284b014b024b0374710e284b014b024b034b0474710f74711058020000006e6f71114930300a580300000069"
     "6e7471125d7113284bff4d00014a000001004affffffff4c323134373438333634384c0a4c2d313039393531313632373737"
     "364c0a65752e"},
    {2,
     "80027d71002858010000006171015d7102284b014740040000000000004e884afdffffff6558010000006271035801000000"
     "787104580400000068c3a90a710586710658010000006371077d71084b045d7109735803000000626967710a8a0d00000040"
     "eaed7446d09c2c9f0c580400000064656570710b284b0185710c4b014b0286710d4b014b024b0387710e284b014b024b034b"
     "0474710f74711058020000006e6f7111895803000000696e7471125d7113284bff4d00014a000001004affffffff8a050000"
     "0080008a060000000000ff65752e"},
    {3,
     "80037d71002858010000006171015d7102284b014740040000000000004e884afdffffff6558010000006271035801000000"
     "787104580400000068c3a90a710586710658010000006371077d71084b045d7109735803000000626967710a8a0d00000040"
     "eaed7446d09c2c9f0c580400000064656570710b284b0185710c4b014b0286710d4b014b024b0387710e284b014b024b034b"
     "0474710f74711058020000006e6f7111895803000000696e7471125d7113284bff4d00014a000001004affffffff8a050000"
     "0080008a060000000000ff65752e"},
    {4,
     "800495a5000000000000007d94288c0161945d94284b014740040000000000004e884afdffffff658c0162948c0178948c04"
     "68c3a90a9486948c0163947d944b045d94738c03626967948a0d00000040eaed7446d09c2c9f0c8c046465657094284b0185"
     "944b014b0286944b014b024b038794284b014b024b034b04749474948c026e6f94898c03696e74945d94284bff4d00014a00"
     "0001004affffffff8a0500000080008a060000000000ff65752e"},
    {5,
     "800595a5000000000000007d94288c0161945d94284b014740040000000000004e884afdffffff658c0162948c0178948c04"
     "68c3a90a9486948c0163947d944b045d94738c03626967948a0d00000040eaed7446d09c2c9f0c8c046465657094284b0185"
     "944b014b0286944b014b024b038794284b014b024b034b04749474948c026e6f94898c03696e74945d94284bff4d00014a00"
     "0001004affffffff8a0500000080008a060000000000ff65752e"},
};
const nlohmann::json kExpected = nlohmann::json::parse(
    R"({"a":[1,2.5,null,true,-3],"b":["x","h\u00e9\n"],"c":{"4":[]},"deep":[[1],[1,2],[1,2,3],[1,2,3,4]],)"
    R"("no":false,"int":[255,256,65536,-1,2147483648,-1099511627776]})");

std::string fromHex(const std::string& hex)
{
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return bytes;
}

/// The JSON of the pickle of this value, or "(none)".
std::string json(const std::string& bytes)
{
    const Pickle pickle = readPickle(bytes, "file: ");
    return pickleJson(pickle, pickle.root, kLimit).value_or("(none)");
}

void expectRefused(const std::string& bytes, const std::vector<std::string>& parts)
{
    expectError(ErrorKind::Format, parts, [&] { readPickle(bytes, "file: "); });
}

TEST(Unpickler, ReadsEveryProtocolAlike)
{
    for (const auto& [protocol, hex] : kProtocols) {
        const std::string bytes = fromHex(hex);
        nlohmann::json value = nlohmann::json::parse(json(bytes + "more"));
        const std::string big = value["big"];
        EXPECT_TRUE(big == "1000000000000000000000000000000" || big == "0xc9f2c9cd04674edea40000000") << big;
        value.erase("big");
        EXPECT_EQ(value, kExpected) << "protocol " << protocol;
        EXPECT_EQ(readPickle(bytes + "more", "").bytes, bytes.size());
        for (std::size_t size = 0; size < bytes.size(); ++size)
            expectRefused(bytes.substr(0, size), {"file: pickle, byte "});
    }
}

TEST(Unpickler, ReadsOldTextsAndBytes)
{
    EXPECT_EQ(json("S'a\\n\\'\\x41'\n."), R"("a\n'A")");
    EXPECT_EQ(json("T" + number(2, 4) + "ab."), R"("ab")");
    EXPECT_EQ(json("U\002"
                   "ab."),
              R"("ab")");
    EXPECT_EQ(json("U\001\xFF."), R"("<bytes>")");
    EXPECT_EQ(json("C\002"
                   "ab."),
              R"("ab")");
    EXPECT_EQ(json("I01\n."), "true");
    EXPECT_EQ(json("L-12L\n."), "-12");
    EXPECT_EQ(json("F1.5\n."), "1.5");
    EXPECT_EQ(json("\x8a" + number(0, 1) + "."), "0");
    EXPECT_EQ(json("\x8a\x09" + number(0, 8) + "\xFF."), R"("-0x10000000000000000")");
    EXPECT_EQ(json("G\x7f\xf0" + number(0, 6) + "."), "null") << "JSON has no infinity";
}

TEST(Unpickler, ReadsContainersThatPythonMakesByCalls)
{
    EXPECT_EQ(json("ccollections\nOrderedDict\n)R(" + pickleText("a") + "K\001u."), R"({"a":1})");
    EXPECT_EQ(json("ccollections\nOrderedDict\n(](](" + pickleText("a") + "K\001eetR."), R"({"a":1})") << "Python 2";
    EXPECT_EQ(json("ccollections\ndefaultdict\n(c__builtin__\nlist\ntR" + pickleText("a") + "K\001s."), R"({"a":1})");
    EXPECT_EQ(json("c__builtin__\nset\n(](K\001K\002etR."), "[1,2]");
    EXPECT_EQ(json("\x8f(K\001K\002\x90."), "[1,2]");
    EXPECT_EQ(json("(K\001K\002\x91."), "[1,2]");
}

TEST(Unpickler, ReadsSettings)
{
    const std::string attributes = pickleDict({pickleText("lr"), "K\002"});
    EXPECT_EQ(json("cargparse\nNamespace\n)\x81" + attributes + "b."), R"({"lr":2})");
    EXPECT_EQ(json("ctypes\nSimpleNamespace\n)R" + attributes + "b."), R"({"lr":2})");
    EXPECT_EQ(json("cyacs.config\nCfgNode\n)\x81(" + pickleText("A") + "K\001u" + attributes + "b."), R"({"A":1})");
    EXPECT_EQ(json("cpathlib\nPosixPath\n(" + pickleText("/") + pickleText("a") + pickleText("b") + "tR."),
              R"("/a/b")");
    EXPECT_EQ(json("ctorch\nSize\n((K\002K\003ttR."), "[2,3]");
    EXPECT_EQ(json("ctorch\nfloat32\n."), R"("torch.float32")");
    const std::string type = "cnumpy\ndtype\n(" + pickleText("f8") + "\x89\x88tR(K\003" + pickleText("<") + "tb";
    EXPECT_EQ(json("cnumpy.core.multiarray\nscalar\n(" + type + "C\010" + number(0x4004000000000000, 8) + "tR."),
              "2.5");
    EXPECT_EQ(json("cnumpy._core.multiarray\nscalar\n(" + type
                   + "C\002ab"
                     "tR."),
              R"("<numpy scalar>")");
}

TEST(Unpickler, NothingIsCalled)
{
    const TemporaryFolder folder;
    const std::string command = "touch " + folder.file("called");
    const std::vector<std::string> attacks = {
        "cos\nsystem\n(S'" + command + "'\ntR.",
        "cposix\nsystem\n(S'" + command + "'\ntR.",
        "(S'" + command + "'\nios\nsystem\n.",
        "(cos\nsystem\nS'" + command + "'\no.",
        pickleText("os") + pickleText("system") + "\x93(" + pickleText(command) + "tR.",
        "cos\nsystem\n(" + pickleText(command) + "t\x81.",
        "cos\nsystem\n(" + pickleText(command) + "t}\x92.",
        "cbuiltins\neval\n(" + pickleText("__import__('os').system('" + command + "')") + "tR.",
    };
    for (const std::string& attack : attacks) {
        const Pickle pickle = readPickle(attack, "");
        ASSERT_EQ(pickle.globals.size(), 1U);
        const auto& [name, use] = *pickle.globals.begin();
        EXPECT_FALSE(isHarmless(name)) << name;
        EXPECT_EQ(use.references, 1U);
        EXPECT_EQ(use.calls, 1U);
        EXPECT_EQ(pickle[pickle.root].kind, PickleKind::Object);
        EXPECT_EQ(pickleJson(pickle, pickle.root, kLimit), "\"<" + name + ">\"");
    }
    EXPECT_FALSE(std::filesystem::exists(folder.file("called")));
}

TEST(Unpickler, HarmlessNames)
{
    for (const char* name :
         {"collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch.FloatStorage", "torch.cuda.HalfStorage",
          "torch.storage.UntypedStorage", "torch.bfloat16", "numpy.core.multiarray.scalar",
          "numpy._core.multiarray._reconstruct", "torch.jit._pickle.build_intlist"})
        EXPECT_TRUE(isHarmless(name)) << name;
    for (const char* name : {"os.system", "builtins.eval", "builtins.getattr", "torch.load", "torch.hub.load",
                             "torch.EvilStorage", "torch.FloatStorage.x", "torchx.FloatStorage", "numpy.load",
                             "numpy.core.multiarray.scalar.x", "torch.nn.modules.linear.Linear", ""})
        EXPECT_FALSE(isHarmless(name)) << name;
}

TEST(Unpickler, DeepNestingCostsNoStack)
{
    constexpr std::size_t kDepth = 1'000'000;
    const std::string bytes = std::string(kDepth, ']') + std::string(kDepth - 1, 'a') + ".";
    const Pickle pickle = readPickle(bytes, "");
    EXPECT_EQ(pickle.values.size(), kDepth);
    EXPECT_EQ(pickleJson(pickle, pickle.root, kLimit), std::nullopt);
    readPickle(std::string(kDepth, '(') + std::string(kDepth, 't') + ".", "");
}

TEST(Unpickler, ValuesMayContainThemselves)
{
    EXPECT_EQ(json("]q\001h\001"
                   "a."),
              "(none)");
    EXPECT_EQ(json("}q\001" + pickleText("self") + "h\001s."), "(none)");
    EXPECT_EQ(json("]q\001(h\001"
                   "tq\002"
                   "a."),
              "(none)");
}

TEST(Unpickler, SharedValuesDoNotMultiply)
{
    std::string bytes = "](" + pickleText("ha") + "e";  // ["ha"], then forty times a list of ten of the one before
    for (int i = 0; i < 40; ++i) {
        bytes += "q\001"
                 "0](";
        for (int j = 0; j < 10; ++j)
            bytes += "h\001";
        bytes += "e";
    }
    EXPECT_EQ(json(bytes + "."), "(none)");
}

TEST(Unpickler, EverythingIsBounded)
{
    expectRefused(std::string((std::size_t{1} << 21) + 1, 'N') + ".", {"values"});
    expectRefused("N" + std::string(std::size_t{1} << 24, '2') + ".", {"links"});
    expectRefused(std::string((std::size_t{1} << 24) + 1, '(') + ".", {"links"});
    expectRefused("Nr" + number(0xFFFFFFFF, 4) + ".", {"memo entry 4294967295"});
    expectRefused("Np9999999999\n.", {"memo entry 9999999999"});
    expectRefused("\x8d" + number(~std::uint64_t{0}, 8) + "x.", {"breaks off"});
    expectRefused("\x8b" + number(0x7FFFFFFF, 4) + "x.", {"breaks off"});
    expectRefused("\x8b" + number(2000, 4) + std::string(2000, 'x') + ".", {"integer of 2000 bytes"});
    expectRefused("c" + std::string(5000, 'x') + "\ny\n.", {"line"});
    expectRefused("V" + std::string(std::size_t{17} << 20, 'x') + "\n.", {"line"});
    // One long list, made into a set again and again.
    std::string sets = "](" + std::string(1 << 16, 'N') + "eq\001c__builtin__\nset\nq\002";
    for (int i = 0; i < 1000; ++i)
        sets += "h\002h\001\x85R";
    expectRefused(sets + ".", {"links"});
}

TEST(Unpickler, MalformedPicklesAreRefused)
{
    const std::vector<std::string> bad = {".",         "0.",
                                          "N0.",       "(0.",
                                          "t.",        "e.",
                                          "Na.",       "}Na.",
                                          "]N(e.",     "}(Nu.",
                                          "s.",        "h\005.",
                                          "g5\n.",     "gx\n.",
                                          "R.",        "NNR.",
                                          "b.",        "NNb.",
                                          "\x93.",     "NN\x93.",
                                          "\x80\x09.", "\xff.",
                                          "\x82\001.", "\x97.",
                                          "Px\n.",     "Ix\n.",
                                          "Fx\n.",     "Lx\n.",
                                          "Sx\n.",     "X" + number(1, 4) + "\xff.",
                                          "]q.",       "(1.",
                                          "(N1.",      "\x95" + number(255, 8) + ".",
                                          "\x86.",     "(Nd."};
    for (const std::string& bytes : bad)
        expectRefused(bytes, {"file: pickle, byte "});
}

TEST(Unpickler, TextMustBeUtf8)
{
    for (const char* text : {"\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8", "\xC3"})
        EXPECT_FALSE(isUtf8(text))
            << nlohmann::json(std::string(text)).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    for (const char* text : {"", "a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xED\x9F\xBF", "\xEE\x80\x80"})
        EXPECT_TRUE(isUtf8(text)) << text;
}

}  // namespace
}  // namespace mixer::checkpoint

// SPDX-License-Identifier: MIT
#include "engine/checkpoint/ClassLabels.h"
#include "engine/session/InferenceSession.h"
#include "tests/engine/EditedCheckpoint.h"
#include "tests/engine/Fixtures.h"
#include "tests/engine/TensorFiles.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace mixer {
namespace {

using Names = std::vector<std::string>;

const Names kThree = {"tench", "great white shark", "sea snake, \"coral\""};

TEST(ClassLabels, ImageNetsNamesAreInTheOrderOfTheirIndices)
{
    const Names& names = imageNetLabels();
    ASSERT_EQ(names.size(), 1000U);
    const std::map<int, std::string> known
        = {{0, "tench"},          {1, "goldfish"},     {2, "great white shark"}, {7, "cock"},
           {65, "sea snake"},     {99, "goose"},       {151, "Chihuahua"},       {207, "golden retriever"},
           {281, "tabby"},        {282, "tiger cat"},  {285, "Egyptian cat"},    {291, "lion"},
           {388, "giant panda"},  {404, "airliner"},   {413, "assault rifle"},   {504, "coffee mug"},
           {609, "jeep"},         {817, "sports car"}, {954, "banana"},          {967, "espresso"},
           {970, "alp"},          {980, "volcano"},    {985, "daisy"},           {998, "ear"},
           {999, "toilet tissue"}};
    for (const auto& [index, name] : known)
        EXPECT_EQ(names[static_cast<std::size_t>(index)], name) << index;
    // Two words stand for two classes each; there are no others.
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 998U);
    EXPECT_EQ(names[134], "crane");
    EXPECT_EQ(names[517], "crane");
    EXPECT_EQ(names[638], "maillot");
    EXPECT_EQ(names[639], "maillot");
}

TEST(ClassLabels, EveryFormReadsAlike)
{
    const std::vector<std::pair<std::string, std::string>> forms
        = {{"a.txt", "tench\ngreat white shark\nsea snake, \"coral\"\n"},
           {"a.names", "\xEF\xBB\xBFtench \r\n  great white shark\r\nsea snake, \"coral\"\r\n\r\n\n"},
           {"a.txt", "n01440764 tench\nn01484850\tgreat white shark\nn01751748 sea snake, \"coral\""},
           {"a.json", R"(["tench","great white shark","sea snake, \"coral\""])"},
           {"a.JSON", R"({"0":"tench","2":"sea snake, \"coral\"","1":"great white shark"})"},
           {"a.json",
            R"({"0":["n01440764","tench"],"1":["n01484850","great white shark"],"2":["x","sea snake, \"coral\""]})"},
           {"a.json", R"([["n01440764","tench"],["n01484850","great white shark"],"sea snake, \"coral\""])"},
           {"a.json", R"({"great white shark":1,"tench":0,"sea snake, \"coral\"":2})"},
           {"a.json", R"({"id2label":{"0":"tench","1":"great white shark","2":"sea snake, \"coral\""},"x":1})"},
           {"a.json", R"({"labels":["tench","great white shark","sea snake, \"coral\""]})"},
           {"a.csv", "index,name\n0,tench\n1,great white shark\n2,\"sea snake, \"\"coral\"\"\"\n"},
           {"a.csv", "Name,Index\r\n\"sea snake, \"\"coral\"\"\",2\r\ntench,0\r\ngreat white shark,1\r\n"},
           {"a.csv", "wnid,label,class_id\nx,tench,0\ny,\"sea snake, \"\"coral\"\"\",2\nz,great white shark,1\n"},
           {"a.csv", "1,great white shark\n0,tench\n2,\"sea snake, \"\"coral\"\"\"\n"},
           {"a.csv", "0,n01440764,tench\n1,n01484850,great white shark\n2,x,\"sea snake, \"\"coral\"\"\"\n\n"},
           {"a.csv", "tench\ngreat white shark\n\"sea snake, \"\"coral\"\"\""},
           {"a.csv", "label\ntench\ngreat white shark\n\"sea snake, \"\"coral\"\"\""}};
    for (const auto& [name, text] : forms) {
        try {
            EXPECT_EQ(parseLabels(text, name, 3), kThree) << text;
        } catch (const Error& error) {
            ADD_FAILURE() << text << ": " << error.what();
        }
    }
}

TEST(ClassLabels, WhatDoesNotFitTheModelSaysSo)
{
    const std::vector<std::tuple<std::string, std::string, std::string>> cases
        = {{"a.txt", "tench\nshark\n", "expected 3 names, one for each class of the model, found 2 lines"},
           {"a.txt", "a\nb\nc\nd\n", "found 4 lines"},
           {"a.txt", "a\n\nc\n", "name of class 1 is empty"},
           {"a.txt", "a\nb\x01\nc\n", "control characters"},
           {"a.txt", "a\nb\xFF\nc\n", "not UTF-8"},
           {"a.txt", "a\n" + std::string(501, 'x') + "\nc\n", "longer than 500 bytes"},
           {"a.json", R"(["a","b"])", "found 2 entries"},
           {"a.json", R"(["a","b",3])", "expected a name or [number, name]"},
           {"a.json", R"({"0":"a","1":"b","3":"c"})", "classes 0 to 2, found a name for class 3"},
           {"a.json", R"({"0":"a","1":"b","00":"c"})", "class 0 has two names"},
           {"a.json", R"({"a":0,"b":1,"c":-1})", "class -1"},
           {"a.json", R"({"a":0,"b":1,"c":18446744073709551615})", "indices by name"},
           {"a.json", R"({"a":"x","b":"y","c":"z"})", "indices by name"},
           {"a.json", R"({"0":"a","0":"b","1":"c"})", "twice"},
           {"a.json", "[", "not valid JSON"},
           {"a.json", "3", "expected a list or an object"},
           {"a.json", std::string(100, '[') + std::string(100, ']'), "nested deeper"},
           {"a.csv", "index,wnid\n0,a\n1,b\n2,c\n", "no column of the header is called name or label"},
           {"a.csv", "index,name\n0,a\nx,b\n2,c\n", "index of a class, found 'x'"},
           {"a.csv", "index,name\n0,a\n1,b\n1,c\n", "class 1 has two names"},
           {"a.csv", "index,name\n0,a\n1\n2,c\n", "row 2 has too few columns"},
           {"a.csv", "\"a\nb\nc", "quotation mark is never closed"},
           {"a.csv", "\"a\"x\nb\nc\n", "follows a closing quotation mark"},
           {"a.csv", "a\nb\nc\nd\ne\n", "found more"},
           {"a.csv", std::string(100, ',') + "\nb\nc\n", "more than 64 columns"},
           {"a.csv", "", "found 0 rows"}};
    for (const auto& [name, text, part] : cases)
        test::expectError(ErrorKind::Format, {name + ": ", part}, [&, n = name, t = text] { parseLabels(t, n, 3); });
}

TEST(ClassLabels, HostileFilesAreBounded)
{
    const test::TemporaryFolder folder;
    test::expectError(ErrorKind::Format, {"bytes; at most"},
                      [&] { readLabels(folder.write("big.txt", std::string((16U << 20) + 1, 'x')), 3); });
    test::expectError(ErrorKind::File, {"is a folder; expected names of classes"},
                      [&] { readLabels(folder.file("."), 3); });
    test::expectError(ErrorKind::File, {"no such file"}, [&] { readLabels(folder.file("none.txt"), 3); });
    test::expectError(ErrorKind::File, {"is empty"}, [&] { readLabels(folder.write("empty.txt", ""), 3); });
}

class LabelsOfACheckpoint : public testing::Test {
protected:
    /// A copy of a net of `classes` zero weights and biases in the head, without labels.
    std::string netOf(int classes)
    {
        const auto file = TensorFile::open(fixture("viqs-cross.safetensors"));
        nlohmann::json config = nlohmann::json::parse(file->metadata().at("mixer_config"));
        config["num_classes"] = classes;
        config.erase("labels");
        nlohmann::json header = {{"__metadata__", {{"mixer_config", config.dump()}}}};
        std::string data;
        for (const TensorInfo& info : file->tensors()) {
            std::vector<std::int64_t> shape = info.shape;
            std::string bytes(reinterpret_cast<const char*>(info.data), info.bytes);
            if (info.name.rfind("head.fc.", 0) == 0) {
                shape[0] = classes;
                bytes.assign(static_cast<std::size_t>(classes * (shape.size() > 1 ? shape[1] : 1)) * 4, '\0');
            }
            header[info.name] = {{"dtype", info.typeName},
                                 {"shape", shape},
                                 {"data_offsets", {data.size(), data.size() + bytes.size()}}};
            data += bytes;
        }
        return folder.write("net.safetensors", test::safetensors(header.dump(), data));
    }

    test::TemporaryFolder folder;
};

TEST_F(LabelsOfACheckpoint, AThousandUnnamedClassesAreAssumedToBeImageNets)
{
    const auto session = InferenceSession::open(netOf(1000));
    EXPECT_EQ(session->config().label(281), "tabby");
    EXPECT_EQ(session->checkpoint().labelsOrigin, "ImageNet-1k");
    EXPECT_EQ(session->receipt().guessCount(), 1);
    EXPECT_NE(session->receipt().summary().find("; 1 guess"), std::string::npos);

    const auto other = InferenceSession::open(netOf(999));
    EXPECT_EQ(other->config().label(281), "class 281");
    EXPECT_EQ(other->checkpoint().labelsOrigin, "");
    EXPECT_EQ(other->receipt().guessCount(), 0);
}

TEST_F(LabelsOfACheckpoint, AFileOfLabelsReplacesThem)
{
    std::string lines;
    for (int i = 0; i < 1000; ++i)
        lines += "thing " + std::to_string(i) + "\n";
    SessionOptions options;
    options.labels = folder.write("things.txt", lines);
    const auto session = InferenceSession::open(netOf(1000), options);
    EXPECT_EQ(session->config().label(281), "thing 281");
    EXPECT_EQ(session->receipt().guessCount(), 0) << "nothing is assumed any more";
    EXPECT_FALSE(session->checkpoint().labelsAreAssumed);
    test::expectError(ErrorKind::Format, {"things.txt", "expected 999 names"},
                      [&] { InferenceSession::open(netOf(999), options); });
}

}  // namespace
}  // namespace mixer

// SPDX-License-Identifier: MIT
#include "engine/batch/ParquetFile.h"

#include "engine/checkpoint/AtomicFile.h"
#include "engine/core/Error.h"
#include "engine/core/Text.h"

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <parquet/arrow/writer.h>

#include <charconv>

namespace mixer {

namespace {

constexpr std::int64_t kRowsOfGroup = 8192;

void require(const arrow::Status& status)
{
    if (!status.ok())
        throw Error(ErrorKind::File, "writing Parquet: " + status.ToString());
}

template <typename T> T valueOf(arrow::Result<T>&& result)
{
    require(result.status());
    return std::move(result).ValueUnsafe();
}

class FileStream : public arrow::io::OutputStream {
public:
    explicit FileStream(checkpoint::AtomicFile& file)
        : m_file(file)
    {
    }

    using arrow::io::OutputStream::Write;
    arrow::Status Write(const void* bytes, std::int64_t size) override
    {
        try {
            m_file.write(bytes, static_cast<std::size_t>(size));
        } catch (const Error& error) {
            return arrow::Status::IOError(error.what());
        }
        return arrow::Status::OK();
    }
    arrow::Status Close() override
    {
        m_isClosed = true;
        return arrow::Status::OK();
    }
    arrow::Result<std::int64_t> Tell() const override { return static_cast<std::int64_t>(m_file.written()); }
    bool closed() const override { return m_isClosed; }

private:
    checkpoint::AtomicFile& m_file;
    bool m_isClosed = false;
};

std::shared_ptr<arrow::DataType> arrowType(BatchColumn::Type type)
{
    switch (type) {
    case BatchColumn::Type::Integer:
        return arrow::int32();
    case BatchColumn::Type::Real:
        return arrow::float32();
    case BatchColumn::Type::Text:
        break;
    }
    return arrow::utf8();
}

template <typename Builder, typename T> void appendNumber(arrow::ArrayBuilder& builder, const std::string& text)
{
    T value{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || end != text.data() + text.size())
        throw Error(ErrorKind::Format, "expected a number, found '" + readable(text) + "'");
    require(static_cast<Builder&>(builder).Append(value));
}

class ArrowFile : public ParquetFile {
public:
    ArrowFile(checkpoint::AtomicFile& file, const std::vector<BatchColumn>& columns)
        : m_columns(columns)
    {
        arrow::FieldVector fields;
        for (const BatchColumn& column : columns) {
            fields.push_back(arrow::field(column.name, arrowType(column.type)));
            m_builders.push_back(valueOf(arrow::MakeBuilder(arrowType(column.type))));
        }
        m_schema = arrow::schema(fields);
        const auto properties = parquet::WriterProperties::Builder().compression(parquet::Compression::SNAPPY)->build();
        m_writer = valueOf(parquet::arrow::FileWriter::Open(*m_schema, arrow::default_memory_pool(),
                                                            std::make_shared<FileStream>(file), properties));
    }

    void add(const std::vector<std::string>& fields) override
    {
        if (fields.size() != m_columns.size())
            throw Error(ErrorKind::Format,
                        "expected " + std::to_string(m_columns.size()) + " columns, found "
                            + std::to_string(fields.size()));
        for (std::size_t i = 0; i < fields.size(); ++i) {
            arrow::ArrayBuilder& builder = *m_builders[i];
            if (fields[i].empty())
                require(builder.AppendNull());
            else if (m_columns[i].type == BatchColumn::Type::Integer)
                appendNumber<arrow::Int32Builder, std::int32_t>(builder, fields[i]);
            else if (m_columns[i].type == BatchColumn::Type::Real)
                appendNumber<arrow::FloatBuilder, float>(builder, fields[i]);
            else
                require(static_cast<arrow::StringBuilder&>(builder).Append(readable(fields[i])));
        }
        if (++m_rows == kRowsOfGroup)
            writeGroup();
    }

    void finish() override
    {
        if (m_rows > 0)
            writeGroup();
        require(m_writer->Close());
    }

private:
    void writeGroup()
    {
        arrow::ArrayVector arrays;
        for (const auto& builder : m_builders)
            arrays.push_back(valueOf(builder->Finish()));
        require(m_writer->WriteTable(*arrow::Table::Make(m_schema, arrays, m_rows), kRowsOfGroup));
        m_rows = 0;
    }

    std::vector<BatchColumn> m_columns;
    std::shared_ptr<arrow::Schema> m_schema;
    std::vector<std::unique_ptr<arrow::ArrayBuilder>> m_builders;
    std::unique_ptr<parquet::arrow::FileWriter> m_writer;
    std::int64_t m_rows = 0;  ///< in the builders
};

}  // namespace

bool canWriteParquet()
{
    return true;
}

std::unique_ptr<ParquetFile> ParquetFile::make(checkpoint::AtomicFile& file, const std::vector<BatchColumn>& columns)
{
    return std::make_unique<ArrowFile>(file, columns);
}

}  // namespace mixer

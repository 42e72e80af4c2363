using System.Data.Common;
using System.Text.Json;
using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Storage.Sqlite;

/// <summary>How <see cref="SqliteJobsContext"/> keeps what SQLite has no type for.</summary>
readonly struct SqliteFormat : IRowFormat
{
    public static Guid Uuid(DbDataReader row, int ordinal) => new(row.GetFieldValue<byte[]>(ordinal), bigEndian: true);

    public static DateTimeOffset Time(DbDataReader row, int ordinal) => UnixTime.FromMicroseconds(row.GetInt64(ordinal));

    public static string[] Tags(DbDataReader row, int ordinal) => JsonSerializer.Deserialize<string[]>(row.GetString(ordinal))!;

    public static object Value(Guid id) => id.ToByteArray(bigEndian: true);

    public static object Value(DateTimeOffset? time) => time is { } known ? UnixTime.Microseconds(known) : DBNull.Value;

    public static object Value(JobColumn column, JobState job) => column switch
    {
        JobColumn.Text text => text.Get(job) ?? (object)DBNull.Value,
        JobColumn.Number number => number.Get(job),
        JobColumn.Real real => real.Get(job),
        JobColumn.Flag flag => flag.Get(job),
        JobColumn.Time time => Value(time.Get(job)),
        JobColumn.Uuid uuid => uuid.Get(job) is { } id ? Value(id) : DBNull.Value,
        JobColumn.Bytes bytes => bytes.Get(job) ?? (object)DBNull.Value,
        JobColumn.Tags tags => tags.Get(job) is { } words ? JsonSerializer.Serialize(words) : DBNull.Value,
        _ => throw new System.Diagnostics.UnreachableException(column.GetType().Name),
    };
}

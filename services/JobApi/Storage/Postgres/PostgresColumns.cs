using System.Data.Common;
using JobSystem.JobApi.Model;
using Npgsql;
using NpgsqlTypes;

namespace JobSystem.JobApi.Storage.Postgres;

/// <summary>Passes a batch of rows as one array per column, for <c>unnest</c>.</summary>
static class PostgresColumns
{
    /// <summary>
    /// <c>unnest($1::uuid[], …) with ordinality as alias(id, …, ord)</c>. The columns take the parameters from number <paramref name="first"/> on;
    /// <paramref name="keys"/> come before them.
    /// </summary>
    public static string Unnest(string alias, IReadOnlyList<JobColumn> columns, int first, params (string Array, string Name)[] keys)
    {
        var arrays = keys.Select(x => x.Array).Concat(columns.Select((x, i) => $"${first + i}::{SqlType(x)}[]"));
        var names = keys.Select(x => x.Name).Concat(columns.Select(x => x.Name));
        return $"unnest({string.Join(", ", arrays)}) with ordinality as {alias}({string.Join(", ", names)}, ord)";
    }

    public static NpgsqlParameter Parameter(JobColumn column, JobState[] rows) => column switch
    {
        JobColumn.Text x => References(rows, x.Get, NpgsqlDbType.Text),
        JobColumn.Tags x => References(rows, row => x.Get(row) is { } tags ? ArrayLiteral(tags) : null, NpgsqlDbType.Text),
        JobColumn.Bytes x => References(rows, x.Get, NpgsqlDbType.Bytea),
        JobColumn.Uuid x => Nullables(rows, x.Get, NpgsqlDbType.Uuid),
        JobColumn.Time x => Nullables<DateTime>(rows, row => x.Get(row) is { } time ? UnixTime.WholeMicroseconds(time) : null, NpgsqlDbType.TimestampTz),
        JobColumn.Number x => Values(rows, x.Get),
        JobColumn.Real x => Values(rows, x.Get),
        JobColumn.Flag x => Values(rows, x.Get),
        _ => throw new System.Diagnostics.UnreachableException(column.Name),
    };

    static string SqlType(JobColumn column) => column switch
    {
        JobColumn.Text or JobColumn.Tags => "text",
        JobColumn.Bytes => "bytea",
        JobColumn.Uuid => "uuid",
        JobColumn.Time => "timestamptz",
        JobColumn.Number => "int",
        JobColumn.Real => "float8",
        JobColumn.Flag => "bool",
        _ => throw new System.Diagnostics.UnreachableException(column.Name),
    };

    // An array of nothing but nulls is sent as one null: unnest fills it up, and most columns of most batches are like that.
    // The type is said each time, because a null has none, and other types would be another prepared statement.

    static NpgsqlParameter<T?[]?> References<T>(JobState[] rows, Func<JobState, T?> of, NpgsqlDbType type) where T : class
    {
        T?[]? values = null;
        for (var i = 0; i < rows.Length; i++)
        {
            if (of(rows[i]) is { } value)
            {
                (values ??= new T?[rows.Length])[i] = value;
            }
        }

        return new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };
    }

    static NpgsqlParameter<T?[]?> Nullables<T>(JobState[] rows, Func<JobState, T?> of, NpgsqlDbType type) where T : struct
    {
        T?[]? values = null;
        for (var i = 0; i < rows.Length; i++)
        {
            if (of(rows[i]) is { } value)
            {
                (values ??= new T?[rows.Length])[i] = value;
            }
        }

        return new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };
    }

    static NpgsqlParameter<T[]> Values<T>(JobState[] rows, Func<JobState, T> of)
    {
        var values = new T[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            values[i] = of(rows[i]);
        }

        return new() { TypedValue = values };
    }

    /// <summary>Formats a <c>text[]</c> literal, because PostgreSQL has no arrays of arrays with different lengths.</summary>
    static string ArrayLiteral(string[] tags) =>
        $"{{{string.Join(',', tags.Select(x => $"\"{x.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""))}}}";
}

readonly struct PostgresFormat : IRowFormat
{
    public static Guid Uuid(DbDataReader row, int ordinal) => row.GetGuid(ordinal);

    public static DateTimeOffset Time(DbDataReader row, int ordinal) => new(row.GetDateTime(ordinal));

    public static string[] Tags(DbDataReader row, int ordinal) => row.GetFieldValue<string[]>(ordinal);
}

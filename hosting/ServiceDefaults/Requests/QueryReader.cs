using System.Globalization;
using JobSystem.ServiceDefaults.Json;
using Microsoft.AspNetCore.Http;

namespace JobSystem.ServiceDefaults.Requests;

/// <summary>
/// Reads a query string as strictly as a body: unknown parameters are refused by name. A parameter that takes several values takes
/// them repeated, separated by commas, or both.
/// </summary>
public sealed class QueryReader
{
    public const int MostItems = 1000;
    public const int DefaultItems = 100;

    readonly IQueryCollection query;
    readonly FieldErrors errors;

    public QueryReader(IQueryCollection query, FieldErrors errors, string[] known)
    {
        (this.query, this.errors) = (query, errors);
        foreach (var name in query.Keys)
        {
            if (Array.IndexOf(known, name) < 0)
            {
                errors.Add(name.Length <= 64 ? name : name[..64], $"unknown parameter; expected {string.Join(", ", known)}");
            }
        }
    }

    public string? Text(string name, string expected = "a string", Func<string, bool>? fits = null)
    {
        var given = query[name];
        if (given.Count == 0 || (given.Count == 1 && string.IsNullOrEmpty(given[0])))
        {
            return null;
        }
        var text = given[0]!;
        if (given.Count == 1 && !text.Contains('\0') && (fits is null || fits(text)))
        {
            return text;
        }
        errors.Expected(name, expected, given.Count == 1 ? FieldErrors.Quote(text) : $"{given.Count} values");
        return null;
    }

    public IReadOnlyList<string> Texts(string name, string expected, Func<string, bool> fits)
    {
        var values = new List<string>();
        foreach (var part in query[name])
        {
            foreach (var value in (part ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (value.Contains('\0') || !fits(value))
                {
                    errors.Expected(name, expected, FieldErrors.Quote(value));
                }
                else if (!values.Contains(value))
                {
                    values.Add(value);
                }
            }
        }
        return values;
    }

    public IReadOnlyList<string> Words(string name, IReadOnlyList<string> words) =>
        [.. Texts(name, $"one of {string.Join(", ", words)}", x => FieldReader.Find(words, x) is not null).Select(x => FieldReader.Find(words, x)!).Distinct()];

    public string? Word(string name, IReadOnlyList<string> words) =>
        Text(name, $"one of {string.Join(", ", words)}", x => FieldReader.Find(words, x) is not null) is { } text ? FieldReader.Find(words, text) : null;

    public int? Whole(string name, int least, int most)
    {
        var number = 0;
        var expected = most == int.MaxValue ? $"a whole number of at least {least}" : $"a whole number from {least} to {most}";
        bool Fits(string text) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= least && number <= most;
        return Text(name, expected, Fits) is null
            ? null
            : number;
    }

    public double? Seconds(string name, double most)
    {
        var number = 0d;
        bool Fits(string text) =>
            double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number) && number <= most;
        return Text(name, $"a number of seconds from 0 to {most.ToString(CultureInfo.InvariantCulture)}", Fits) is null
            ? null
            : number;
    }

    public DateTimeOffset? Moment(string name)
    {
        DateTimeOffset moment = default;
        return Text(name, Rfc3339.Expected, text => Rfc3339.TryParse(text, out moment)) is null ? null : moment;
    }

    public int Limit(int otherwise = DefaultItems) => Whole("limit", 1, MostItems) ?? otherwise;

    public int Offset() => Whole("offset", 0, int.MaxValue - MostItems) ?? 0;
}

using System.Collections;
using System.Globalization;
using System.Text;

namespace JobSystem.Client.Http;

/// <summary>A query string. Parameters that are null are left out.</summary>
sealed class ApiQuery : IEnumerable<KeyValuePair<string, string>>
{
    readonly List<KeyValuePair<string, string>> parameters = [];

    public void Add(string name, string? value)
    {
        if (value is not null)
        {
            parameters.Add(new(name, value));
        }
    }

    public void Add(string name, IEnumerable<string>? values)
    {
        foreach (var value in values ?? [])
        {
            Add(name, value);
        }
    }

    public void Add(string name, long? value) => Add(name, value?.ToString(CultureInfo.InvariantCulture));

    public void Add(string name, bool? value) => Add(name, value is null ? null : value.Value ? "true" : "false");

    public void Add(string name, DateTimeOffset? value) =>
        Add(name, value?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture));

    /// <param name="value">Written in seconds.</param>
    public void Add(string name, TimeSpan? value) => Add(name, value?.TotalSeconds.ToString("0.######", CultureInfo.InvariantCulture));

    public void AppendTo(StringBuilder path)
    {
        var separator = '?';
        foreach (var (name, value) in parameters)
        {
            path.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }
    }

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => parameters.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

using System.Collections;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using JobSystem.Worker.Binding;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Reporting;

/// <summary>Structured values of a log line: the values of its template and its scopes.</summary>
static class LogFields
{
    const int MaxBytes = 16 * 1024;
    const int MaxItems = 100;
    const int MaxText = 1000;
    const int MaxName = 200;
    const string Template = "{OriginalFormat}";

    static readonly JsonElement tooLarge = JsonElement.Parse("""{"truncated":true}""");

    /// <summary>Null if there are none.</summary>
    public static JsonElement? Read<TState>(TState state, IExternalScopeProvider? provider)
    {
        var values = Values(state);
        var scopes = new JsonArray();
        provider?.ForEachScope(AddScope, scopes);
        if (values.Count == 0 && scopes.Count == 0)
        {
            return null;
        }
        var fields = JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["values"] = values, ["scopes"] = scopes }, WorkerJson.Results);
        return fields.Length <= MaxBytes ? JsonElement.Parse(fields) : tooLarge;
    }

    static void AddScope(object? scope, JsonArray scopes)
    {
        // The logging library's own scopes repeat the trace on every line
        if (scope is null || scopes.Count == MaxItems || scope.GetType().Assembly == typeof(LoggerFactory).Assembly)
        {
            return;
        }
        var values = Values(scope);
        scopes.Add(values.Count > 0 ? values : JsonValue.Create(Text(scope)));
    }

    /// <summary>Empty if there are no named values.</summary>
    static JsonObject Values(object? state)
    {
        var values = new JsonObject();
        try
        {
            foreach (var (name, value) in Pairs(state).Where(x => x.Name != Template).Take(MaxItems))
            {
                values[UserCodeText.Shorten(name, MaxName)] = Value(value, nested: false);
            }
        }
        catch (Exception exception)
        {
            values["unreadable"] = exception.GetType().Name;
        }
        return values;
    }

    static IEnumerable<(string? Name, object? Value)> Pairs(object? state) => state switch
    {
        IEnumerable<KeyValuePair<string, object?>> pairs => pairs.Select(x => ((string?)x.Key, x.Value)),
        IDictionary dictionary => dictionary.Cast<DictionaryEntry>().Select(x => (x.Key.ToString(), x.Value)),
        _ => [],
    };

    static JsonNode? Value(object? value, bool nested)
    {
        try
        {
            return value switch
            {
                null => null,
                string text => UserCodeText.Shorten(text, MaxText),
                bool flag => flag,
                sbyte or byte or short or ushort or int or uint or long => Convert.ToInt64(value, CultureInfo.InvariantCulture),
                ulong number => number,
                decimal number => number,
                float or double when Convert.ToDouble(value, CultureInfo.InvariantCulture) is var number && double.IsFinite(number) =>
                    number,
                DateTime or DateTimeOffset => ((IFormattable)value).ToString("O", CultureInfo.InvariantCulture),
                IEnumerable items when !nested =>
                    new JsonArray([.. items.Cast<object?>().Take(MaxItems).Select(x => Value(x, nested: true))]),
                _ => Text(value),
            };
        }
        catch (Exception exception)
        {
            return $"(cannot be read: {exception.GetType().Name})";
        }
    }

    static string Text(object value) => UserCodeText.Shorten(UserCodeText.Read("the value", () => Format(value)), MaxText);

    static string? Format(object value) =>
        value is IFormattable formattable ? formattable.ToString(null, CultureInfo.InvariantCulture) : value.ToString();
}

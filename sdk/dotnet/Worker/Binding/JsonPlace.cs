using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace JobSystem.Worker.Binding;

/// <summary>Finds the expected type and the value at the path in an argument at which deserialization failed.</summary>
static partial class JsonPlace
{
    /// <param name="type">The type of the argument.</param>
    /// <param name="value">The argument.</param>
    /// <param name="path">The path of a <see cref="JsonException"/>, such as <c>$.order.lines[2]</c>.</param>
    /// <returns>The type is null if it is not known.</returns>
    public static (Type? Type, JsonElement Value) Find(Type type, JsonElement value, string path)
    {
        Type? at = type;
        foreach (Match step in Step().Matches(path))
        {
            if (step.Groups["index"] is { Success: true } index)
            {
                at = ElementOf(at);
                var number = int.Parse(index.Value, CultureInfo.InvariantCulture);
                value = value.ValueKind == JsonValueKind.Array && number < value.GetArrayLength() ? value[number] : default;
                continue;
            }
            var name = step.Groups["name"].Value;
            at = MemberOf(at, name);
            value = value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member) ? member : default;
        }
        return (at, value);
    }

    static Type? MemberOf(Type? type, string name)
    {
        if (type is null)
        {
            return null;
        }
        var members = WorkerJson.Arguments.GetTypeInfo(Nullable.GetUnderlyingType(type) ?? type).Properties;
        return members.FirstOrDefault(x => x.Name == name)?.PropertyType ?? ElementOf(type);
    }

    static Type? ElementOf(Type? type) =>
        type is null ? null
        : type.IsArray ? type.GetElementType()
        : type.IsGenericType ? type.GetGenericArguments()[^1]
        : null;

    [GeneratedRegex(@"\.(?<name>[^.\[]+)|\['(?<name>[^']*)'\]|\[(?<index>\d{1,9})\]")]
    private static partial Regex Step();
}

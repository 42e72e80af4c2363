using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using MassTransit.Serialization;

namespace JobSystem.Contracts.Tests;

/// <summary>The contracts as they are on the wire.</summary>
static class Wire
{
    public static readonly JsonSerializerOptions Json = new(
        SystemTextJsonMessageSerializer.Options)
    { WriteIndented = true, NewLine = "\n" };

    /// <summary>Every record of the contracts: messages, and what they are made of.</summary>
    public static IReadOnlyList<Type> Types { get; } =
        [.. typeof(BusAddresses).Assembly.GetExportedTypes().Where(x => !(x.IsAbstract && x.IsSealed))
            .OrderBy(x => x.Name, StringComparer.Ordinal)];

    public static IEnumerable<(PropertyInfo Property, string Name, bool Required)> Members(Type type) =>
        from property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public)
        let name = property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name
            ?? throw new InvalidOperationException($"{type.Name}.{property.Name} has no JsonPropertyName")
        select (property, name, property.GetCustomAttribute<RequiredMemberAttribute>() is not null);

    /// <summary>An instance with every member set, or only with those that are required.</summary>
    public static object Sample(Type type, bool requiredOnly = false)
    {
        var sample = Activator.CreateInstance(type)!;
        foreach (var (property, name, required) in Members(type))
        {
            if (required || !requiredOnly)
            {
                property.SetValue(sample, Value(property.PropertyType, name));
            }
        }
        return sample;
    }

    static object Value(Type type, string name)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type switch
        {
            _ when type == typeof(string) => $"a {name}",
            _ when type == typeof(string[]) => new[] { $"one of {name}" },
            _ when type == typeof(bool) => true,
            _ when type == typeof(int) => 7,
            _ when type == typeof(long) => 1_935_000_000_123L,
            _ when type == typeof(byte) => (byte)4,
            _ when type == typeof(double) => 2.5,
            _ when type == typeof(Guid) => Guid.Parse("0195d3a5-7e43-7b57-8d3a-0123456789ab"),
            _ when type == typeof(DateTimeOffset) => new DateTimeOffset(2031, 5, 6, 7, 8, 9, 123, TimeSpan.Zero),
            _ when type == typeof(JsonElement) => JsonElement.Parse("""{"any":["json",1,null]}"""),
            { IsGenericType: true } when type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) =>
                List(type.GetGenericArguments()[0], name),
            { IsGenericType: true } when type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>) =>
                Map(type.GetGenericArguments()[1], name),
            _ when Types.Contains(type) => Sample(type),
            _ => throw new NotSupportedException($"no sample for {type}: add one here"),
        };
    }

    static Array List(Type item, string name)
    {
        var list = Array.CreateInstance(item, 1);
        list.SetValue(Value(item, name), 0);
        return list;
    }

    static object Map(Type item, string name)
    {
        var map = (System.Collections.IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(typeof(string), item))!;
        map["key"] = Value(item, name);
        return map;
    }

    public static string Show(Type type) => type switch
    {
        _ when Nullable.GetUnderlyingType(type) is { } inner => Show(inner),
        { IsGenericType: true } => $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Show))}>",
        _ => type.Name,
    };
}

using System.Reflection;
using System.Text;
using JobSystem.Support;

namespace JobSystem.Client.Tests;

/// <summary>
/// What others compile against, as it was approved. A member that is taken away or changed breaks programs, so that a change has to touch the file:
/// <c>JOBSYSTEM_APPROVE=1 dotnet test tests/Client.Tests --filter PublicApi</c> writes it.
/// </summary>
public sealed class PublicApiTests
{
    static readonly BindingFlags declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
    static readonly NullabilityInfoContext nullability = new();

    [Theory]
    [InlineData(typeof(IJob))]
    [InlineData(typeof(JobSystemClient))]
    public void Api_OfAPackage_IsAsApproved(Type type)
    {
        var file = Path.Combine(Repository.Root, "tests", "Client.Tests", "Approved", $"{type.Assembly.GetName().Name}.txt");
        var actual = Describe(type.Assembly);
        if (Environment.GetEnvironmentVariable("JOBSYSTEM_APPROVE") is { Length: > 0 })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, actual);
        }
        Assert.Equal(File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "", actual);
    }

    static string Describe(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var type in assembly.GetExportedTypes().OrderBy(x => x.FullName, StringComparer.Ordinal))
        {
            text.Append(Kind(type)).Append(' ').Append(Name(type));
            var bases = new[] { type.BaseType }.Concat(type.GetInterfaces()).Where(x => x is not null && x != typeof(object) && x != typeof(ValueType) && x != typeof(Enum))
                .Select(x => Name(x!)).Order(StringComparer.Ordinal).ToList();
            text.Append(bases.Count == 0 ? "\n" : $" : {string.Join(", ", bases)}\n");
            foreach (var member in type.GetMembers(declared).Select(Describe).OfType<string>().Order(StringComparer.Ordinal))
            {
                text.Append("    ").Append(member).Append('\n');
            }
        }
        return text.ToString();
    }

    static string Kind(Type type) => type.IsInterface ? "interface" : type.IsEnum ? "enum" : type.IsValueType ? "struct"
        : type is { IsAbstract: true, IsSealed: true } ? "static class" : type.IsSealed ? "sealed class" : type.IsAbstract ? "abstract class" : "class";

    /// <summary>Null for what others cannot use, and for what the compiler adds to records.</summary>
    static string? Describe(MemberInfo member) => member switch
    {
        ConstructorInfo x when IsVisible(x) => $"new({Parameters(x)})",
        MethodInfo x when IsVisible(x) && !x.IsSpecialName && !IsOfRecord(x) => $"{Static(x)}{Return(x)} {x.Name}{Generic(x)}({Parameters(x)})",
        PropertyInfo x when x.GetMethod is { } get && IsVisible(get) && x.Name != "EqualityContract" =>
            $"{Static(get)}{Name(x.PropertyType)}{Mark(nullability.Create(x))} {x.Name} {{ get;{(x.SetMethod is { } set && IsVisible(set) ? Setter(set) : "")} }}",
        FieldInfo { IsPublic: true, IsSpecialName: false } x => x.IsLiteral ? $"const {x.Name} = {x.GetRawConstantValue()}" : $"{Name(x.FieldType)} {x.Name}",
        _ => null,
    };

    static bool IsVisible(MethodBase x) => x.IsPublic || x.IsFamily || x.IsFamilyOrAssembly;

    static bool IsOfRecord(MethodInfo x) => x.Name is "<Clone>$" or "PrintMembers" or "Equals" or "GetHashCode" or "ToString" or "Deconstruct";

    static string Setter(MethodInfo set) => set.ReturnParameter.GetRequiredCustomModifiers().Length > 0 ? " init;" : " set;";

    static string Static(MethodInfo x) => x.IsStatic ? "static " : "";

    static string Return(MethodInfo x) => Name(x.ReturnType) + Mark(nullability.Create(x.ReturnParameter));

    static string Generic(MethodInfo x) => x.IsGenericMethod ? $"<{string.Join(", ", x.GetGenericArguments().Select(Name))}>" : "";

    static string Parameters(MethodBase x) => string.Join(", ", x.GetParameters().Select(p =>
        $"{Name(p.ParameterType)}{Mark(nullability.Create(p))} {p.Name}{(p.HasDefaultValue ? $" = {p.DefaultValue ?? "null"}" : "")}"));

    static string Mark(NullabilityInfo x) => x is { ReadState: NullabilityState.Nullable, Type.IsValueType: false } ? "?" : "";

    static string Name(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } bare)
        {
            return $"{Name(bare)}?";
        }
        var name = type.IsArray ? $"{Name(type.GetElementType()!)}[]" : type.Name.Split('`')[0];
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : name;
    }
}

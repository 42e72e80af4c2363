using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace JobSystem.ServiceDefaults.Configuration;

/// <summary>
/// Settings that are the properties of a class, each with one environment variable (<see cref="ConfigurationKeyNameAttribute"/>) and its
/// limits as attributes.
/// </summary>
public static class SettingsClass
{
    /// <summary>
    /// Reads and validates settings at startup, so that an invalid value ends the process. Returns the value of <see cref="IOptions{T}"/>.
    /// </summary>
    /// <exception cref="SettingException">A value is none of its type, or outside of its limits; the message names the
    /// variable.</exception>
    public static T AddSettings<T>(this IServiceCollection services, IConfiguration configuration) where T : class, new()
    {
        var settings = new T();
        foreach (var property in typeof(T).GetProperties())
        {
            if (property.GetCustomAttribute<ConfigurationKeyNameAttribute>()?.Name is { } name && configuration.Optional(name) is { } text)
            {
                property.SetValue(settings, Read(name, text, property));
                Check(name, text, property, settings);
            }
        }
        services.AddSingleton(Options.Create(settings));
        return settings;
    }

    static object Read(string name, string text, PropertyInfo property) => Type.GetTypeCode(property.PropertyType) switch
    {
        TypeCode.String => text,
        TypeCode.Boolean when bool.TryParse(text, out var truth) => truth,
        TypeCode.Int32 when int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => whole,
        TypeCode.Double when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number) => number,
        TypeCode.Boolean or TypeCode.Int32 or TypeCode.Double => throw Wrong(name, text, property, ""),
        _ => throw new NotSupportedException($"{property.DeclaringType}.{property.Name} is of a type that no setting has."),
    };

    static void Check(string name, string text, PropertyInfo property, object settings)
    {
        var faults = new List<ValidationResult>();
        var context = new ValidationContext(settings) { MemberName = property.Name, DisplayName = name };
        if (!Validator.TryValidateProperty(property.GetValue(settings), context, faults))
        {
            throw Wrong(name, text, property, faults[0].ErrorMessage ?? "");
        }
    }

    static SettingException Wrong(string name, string text, PropertyInfo property, string otherwise)
    {
        var kind = Type.GetTypeCode(property.PropertyType) switch
        {
            TypeCode.Int32 => "a whole number",
            TypeCode.Double => "a number",
            TypeCode.Boolean => "true or false",
            _ => null,
        };
        var limits = property.GetCustomAttribute<RangeAttribute>() is { } range
            ? string.Create(CultureInfo.InvariantCulture, $" from {range.Minimum} to {range.Maximum}")
            : "";
        return new(kind is null ? $"{name} is '{text}': {otherwise}" : $"{name} is '{text}', but must be {kind}{limits}.");
    }
}

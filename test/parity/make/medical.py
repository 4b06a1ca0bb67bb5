"""Small NIfTI and DICOM files as nibabel and pydicom write them, and what these read back.

    apt-get install python3-nibabel python3-pydicom
    /usr/bin/python3 test/parity/make/medical.py > test/parity/medical.json

Made with nibabel 5.0.0 and pydicom 2.3.1 of Debian 12.
"""

import base64
import gzip
import io
import json
import sys

import nibabel as nib
import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.pixel_data_handlers.util import apply_modality_lut, apply_voi_lut
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

rng = np.random.default_rng(7)


def text(raw):
    return base64.b64encode(gzip.compress(raw, mtime=0)).decode()


def nifti(code, kind, second):
    """A volume stored along the axes of `code`, turned by 12 degrees, and nibabel's closest canonical (RAS) one."""
    data = rng.integers(-1000, 1000, size=(5, 4, 3)).astype(np.int16)
    turn = np.deg2rad(12)
    affine = np.eye(4)
    affine[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    axes = np.zeros((4, 4))
    axes[3, 3] = 1
    for stored, (axis, flip) in enumerate(nib.orientations.axcodes2ornt(tuple(code))):
        axes[int(axis), stored] = flip
    affine = affine @ axes @ np.diag([1.5, 2.0, 3.0, 1.0])
    image = (nib.Nifti2Image if second else nib.Nifti1Image)(data, affine)
    image.header.set_slope_inter(2.0, -5.0)
    image.set_sform(affine, code=1 if kind == "sform" else 0)
    image.set_qform(affine, code=1 if kind == "qform" else 0)
    raw = image.to_bytes()
    back = nib.as_closest_canonical(type(image).from_bytes(raw))
    return {
        "name": f"NIfTI-{2 if second else 1} {code} by {kind}",
        "file": text(raw),
        "size": list(back.shape[::-1]),
        "spacing": [float(z) for z in back.header.get_zooms()[::-1]],
        "data": back.get_fdata().transpose(2, 1, 0).ravel().tolist(),
    }


def dicom(name, signed, bits, syntax, **tags):
    """A grey picture, and pydicom's levels through rescaling and window, from 0 to 255."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    data = FileDataset("made", {}, file_meta=meta, preamble=b"\0" * 128)
    data.is_little_endian = True
    data.is_implicit_VR = syntax == ImplicitVRLittleEndian
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if signed else (0, 2**bits)
    pixels = rng.integers(low, high, size=(4, 6)).astype(np.int16 if signed else np.uint16)
    data.SOPClassUID = meta.MediaStorageSOPClassUID
    data.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    data.Rows, data.Columns = pixels.shape
    data.SamplesPerPixel = 1
    data.PhotometricInterpretation = "MONOCHROME2"
    data.BitsAllocated = 16
    data.BitsStored = bits
    data.HighBit = bits - 1
    data.PixelRepresentation = int(signed)
    for key, value in tags.items():
        setattr(data, key, value)
    data.PixelData = pixels.tobytes()
    raw = io.BytesIO()
    pydicom.dcmwrite(raw, data, write_like_original=False)
    back = pydicom.dcmread(io.BytesIO(raw.getvalue()))
    out = apply_voi_lut(apply_modality_lut(back.pixel_array, back), back).astype(np.float64)
    # the window's output spans all that the stored bits can hold, rescaled
    slope, intercept = float(back.get("RescaleSlope", 1)), float(back.get("RescaleIntercept", 0))
    bottom, top = low * slope + intercept, (high - 1) * slope + intercept
    levels = 255 * (out - bottom) / (top - bottom)
    if back.PhotometricInterpretation == "MONOCHROME1":
        levels = 255 - levels
    return {"name": name, "file": text(raw.getvalue()), "levels": np.round(levels, 4).ravel().tolist()}


CT = {"RescaleSlope": "1", "RescaleIntercept": "-1024", "WindowCenter": "40", "WindowWidth": "400"}

json.dump(
    {
        "nifti": [
            nifti(code, kind, second)
            for second in (False, True)
            for kind in ("sform", "qform")
            for code in ("RAS", "LPS", "ASR", "PIR")
        ],
        "dicom": [
            dicom("12 bits unsigned, rescaled", False, 12, ExplicitVRLittleEndian, **CT),
            dicom("16 bits signed, implicit", True, 16, ImplicitVRLittleEndian, WindowCenter="-300", WindowWidth="9000"),
            dicom(
                "MONOCHROME1, exact window",
                False,
                10,
                ExplicitVRLittleEndian,
                PhotometricInterpretation="MONOCHROME1",
                WindowCenter="500",
                WindowWidth="700",
                VOILUTFunction="LINEAR_EXACT",
            ),
            dicom(
                "sigmoid window",
                False,
                12,
                ExplicitVRLittleEndian,
                RescaleSlope="0.5",
                RescaleIntercept="-100",
                WindowCenter="600",
                WindowWidth="800",
                VOILUTFunction="SIGMOID",
            ),
        ],
    },
    sys.stdout,
)
